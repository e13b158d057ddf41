/** docs/shortcuts.md lists every action with its default keys, as their records say; `npm run keys` writes it. */
import '../helpers/page.ts'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { wordsIn } from '#shared/locales/index.ts'
import { groups } from '../../src-renderer/actions/action.ts'
import { actions } from '../../src-renderer/actions/registry.ts'

const file = path.join(import.meta.dirname, '../../docs/shortcuts.md')
const cell = (text: string) => text.replaceAll('|', '\\|')
const chords = (keys: readonly string[] | undefined) => cell((keys ?? []).map((k) => `\`${k}\``).join(' '))

function written(): string {
  const names = wordsIn('en').groups as Record<string, string>
  const tables = groups.flatMap((group) => {
    const rows = [...actions.values()].filter((a) => a.group === group && a.keys)
    if (!rows.length) return []
    const lines = rows.map((a) => `| ${cell(a.title.en)} | ${chords(a.keys)} | ${chords(a.macKeys)} |`)
    return [`## ${names[group]}`, '', '| Action | Keys | On a Mac |', '| --- | --- | --- |', ...lines, '']
  })
  const lead =
    'Made by `npm run keys` from the records of actions, tools and commands. Ctrl stands for Command on a Mac. All keys can be changed in\n' +
    'the settings; `?` shows those in use. Where actions share a key, the first that has something to do takes it.'
  return `${['# Keyboard shortcuts', '', lead, '', ...tables].join('\n').trimEnd()}\n`
}

it('docs/shortcuts.md matches the records', () => {
  if (process.env['DASHI_WRITE_KEYS']) writeFileSync(file, written())
  expect(readFileSync(file, 'utf8'), 'docs/shortcuts.md: npm run keys writes it').toBe(written())
})
