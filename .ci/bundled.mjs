// Records which packages a build bundled: their licences must be listed, and the lock file cannot tell.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { at } from './once.mjs'

/** Vite plugin that writes `out/bundled/NAME.json`: the folders of the packages whose code or styles are in the bundle. */
export function bundled(name) {
  const folders = new Set()
  return {
    name: 'dashi:bundled',
    apply: 'build',
    generateBundle() {
      for (const id of this.getModuleIds()) {
        const folder = packageOf(id)
        if (folder) folders.add(folder)
      }
      mkdirSync(at('out', 'bundled'), { recursive: true })
      writeFileSync(at('out', 'bundled', `${name}.json`), JSON.stringify([...folders].sort(), null, 1))
    },
  }
}

/** 'node_modules/NAME' of the innermost package that contains the module. */
function packageOf(id) {
  const parts = id.replace(/^\0/, '').replace(/\?.*$/, '').split(/[\\/]/)
  const last = parts.lastIndexOf('node_modules')
  if (last < 0) return undefined
  const folder = parts.slice(0, last + (parts[last + 1].startsWith('@') ? 3 : 2)).join('/')
  const relative = path.relative(at(), folder).split(path.sep).join('/')
  return existsSync(path.join(folder, 'package.json')) && 'name' in JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    ? relative
    : undefined
}
