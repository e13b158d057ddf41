/** Merges the words of actions and tools into each language: `actions.<id>`, `tools.<id>.<hint>`, `toolOptions.<setting>`. */
import { locales, recordWord, wordsIn } from '#shared/locales/index.ts'
import type { Words } from '#shared/model/words.ts'
import { tools } from '../canvas/index.ts'
import { i18n } from '../locales/index.ts'
import { actions } from './registry.ts'

type Table = Record<string, string>
const byKey = <T>(entries: Iterable<readonly [string, T]>) => Object.fromEntries(entries) as Record<string, T>

export function sayRecords(): void {
  for (const locale of locales) {
    const word = (kind: string, id: string, field: string, own: Words) => recordWord(locale, [kind, id, field], own)
    const hints = tools.map(({ id, hints }): [string, Table] => [
      id,
      byKey(Object.entries(hints).map(([name, own]) => [name, word('tool', id, name, own)])),
    ])
    const options = tools.flatMap((tool) => tool.options ?? [])
    i18n.global.mergeLocaleMessage(locale.id, {
      actions: {
        ...byKey([...actions.values()].map(({ id, title }) => [id, word('action', id, 'title', title)])),
        ...wordsIn(locale.id).actions,
      },
      tools: byKey(hints),
      toolOptions: byKey(options.map(({ setting, title }) => [setting, word('toolOption', setting, 'title', title)])),
    })
  }
}
