/** Sets of prompts as they are edited in the lab. */
import type { ModelEntry } from '#shared/contract/models.ts'
import type { Label } from '#shared/model/label.ts'
import { MOST_ROWS, type LabTask } from '#shared/model/prompt-lab.ts'
import { promptSet, promptsOf } from '#shared/model/prompts.ts'

export interface LabRow {
  /** Identifies the row while it is edited. */
  readonly key: number
  words: string[]
  templates: string[]
}
const needs: Record<LabTask, readonly ModelEntry['can'][number][]> = {
  detect: ['detect'],
  segment: ['segment'],
  classify: ['embedImage', 'embedText'],
}
const tasks = Object.keys(needs) as LabTask[]
export const tasksOf = (model: Pick<ModelEntry, 'can'>): LabTask[] =>
  tasks.filter((task) => needs[task].every((what) => model.can.includes(what)))

/** Sets to begin with: what the label has, its synonyms, and some usual templates. */
export function firstRows({ name, prompts, synonyms }: Pick<Label, 'name' | 'prompts' | 'synonyms'>): Omit<LabRow, 'key'>[] {
  const { words, templates } = promptSet(prompts)
  const own = { words: words.length ? [...words] : [name], templates: [...templates] }
  const sets = [
    own,
    { words: [name], templates: [] },
    ...synonyms.slice(0, 3).map((word) => ({ words: [word], templates: [] })),
    ...(synonyms.length ? [{ words: [name, ...synonyms], templates: [] }] : []),
    { words: [...own.words], templates: ['a photo of a {}', 'a picture of a {}', 'a drawing of a {}'] },
  ]
  const seen = new Set<string>()
  return sets.filter((set) => !seen.has(keyOf(set)) && seen.add(keyOf(set))).slice(0, MOST_ROWS)
}
export const keyOf = (row: Omit<LabRow, 'key'>) => JSON.stringify(promptsOf(row))
