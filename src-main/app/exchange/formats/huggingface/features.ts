/** Class names declared by Hugging Face datasets, in a parquet schema, `dataset_info.json` or the front matter of README.md. */
import { parse as parseYaml } from 'yaml'
import { isObject } from '../../fields.ts'
import { folderOf } from '../../lookup.ts'
import { parsePythonJson } from '../../json.ts'
import type { Tree } from '../../tree.ts'

/** Class names by column path: `label`, `objects.category`. */
export type ClassNames = ReadonlyMap<string, readonly string[]>

const namesIn = (v: unknown): string[] | null => {
  if (Array.isArray(v) && v.every((n) => typeof n === 'string')) return v
  if (!isObject(v)) return null
  const entries = Object.entries(v).filter((e): e is [string, string] => typeof e[1] === 'string')
  return entries.length ? entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, n]) => n) : null
}

/**
 * Features as JSON: { label: { names, _type: ClassLabel }, objects: { feature: { category: … } } }, with either
 * notation for lists.
 */
function collect(out: Map<string, string[]>, feature: unknown, at: string): void {
  if (Array.isArray(feature)) return feature.forEach((f) => collect(out, f, at))
  if (!isObject(feature)) return
  if (feature['_type'] === 'ClassLabel') {
    const names = namesIn(feature['names'])
    if (names) out.set(at, names)
    return
  }
  if (typeof feature['_type'] === 'string' && 'feature' in feature) return collect(out, feature['feature'], at)
  for (const [name, f] of Object.entries(feature)) if (isObject(f) || Array.isArray(f)) collect(out, f, at ? `${at}.${name}` : name)
}

export function ofFeatures(features: unknown): ClassNames {
  const out = new Map<string, string[]>()
  collect(out, features, '')
  return out
}

/** Features in README.md's front matter: a list of { name, dtype: { class_label: { names } } }. */
function collectYaml(out: Map<string, string[]>, features: unknown, at: string): void {
  if (!Array.isArray(features)) return
  for (const f of features) {
    if (!isObject(f)) continue
    const path = typeof f['name'] === 'string' ? (at ? `${at}.${f['name']}` : f['name']) : at
    for (const inner of [f['dtype'], f['sequence'], f['list'], f['struct']]) {
      if (Array.isArray(inner)) collectYaml(out, inner, path)
      else if (isObject(inner)) {
        const label = inner['class_label']
        const names = isObject(label) ? namesIn(label['names']) : null
        if (names) out.set(path, names)
        else collectYaml(out, [{ ...inner }], path)
      }
    }
  }
}

/** Read from the files next to the given one or above it. */
export function classNamesFor(tree: Tree, file: string): ClassNames {
  for (const folder of new Set([folderOf(file), folderOf(folderOf(file)), '']))
    for (const name of ['dataset_info.json', 'dataset_infos.json', 'README.md', 'readme.md']) {
      const rel = folder ? `${folder}/${name}` : name
      if (!tree.isFile(rel)) continue
      try {
        const found = name.endsWith('.json') ? ofInfo(parsePythonJson(tree.text(rel, 1 << 26))) : ofReadme(tree.text(rel, 1 << 24))
        if (found.size > 0) return found
      } catch {
        // no class names in it
      }
    }
  return new Map()
}

function ofInfo(json: unknown): ClassNames {
  if (!isObject(json)) return new Map()
  if (isObject(json['features'])) return ofFeatures(json['features'])
  // dataset_infos.json is keyed by configuration.
  return (
    Object.values(json)
      .map((c) => (isObject(c) ? ofFeatures(c['features']) : new Map<string, string[]>()))
      .find((m) => m.size > 0) ?? new Map()
  )
}

function ofReadme(text: string): ClassNames {
  const head = /^---\r?\n(.*?)\r?\n---/s.exec(text)
  const yaml: unknown = head ? parseYaml(head[1]!, { maxAliasCount: 100 }) : null
  const out = new Map<string, string[]>()
  for (const info of isObject(yaml) ? [yaml['dataset_info']].flat() : []) if (isObject(info)) collectYaml(out, info['features'], '')
  return out
}
