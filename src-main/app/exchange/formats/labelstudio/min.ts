/**
 * Label Studio's JSON-MIN: a task's fields and its results side by side under their control's name; shapes and choices can be told from
 * it.
 */
import type { Findings, Where } from '../../findings.ts'
import { isImage } from '../../tree.ts'

const bookkeeping = new Set(['id', 'annotator', 'annotation_id', 'created_at', 'updated_at', 'lead_time', 'split'])
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Makes the tasks of a file what the full JSON has; others pass as they are, and null is one that is not taken. */
export function fullTasks(findings: Findings, everyone: boolean): (raw: unknown, where: Where) => unknown {
  const told = new Set<string>()
  const seen = new Set<string>()
  return (raw, where) => {
    if (!isObject(raw) || !('annotation_id' in raw) || 'data' in raw) return raw
    // A row for each person: without all of them, a task that came already is done.
    const task = JSON.stringify(raw['id'] ?? null)
    if (task !== 'null' && seen.has(task) && !everyone) {
      const who = String(raw['annotator'] ?? 'someone')
      findings.leave(where, `task ${task} was annotated by several persons; that of ${who} was not taken (--annotators all takes all)`)
      return null
    }
    seen.add(task)
    const result: unknown[] = []
    for (const [name, v] of Object.entries(raw)) {
      if (bookkeeping.has(name)) continue
      const shapes = Array.isArray(v) ? v.filter(isObject) : []
      for (const value of shapes) {
        const type = Object.keys(value).find((k) => /labels$/.test(k)) ?? 'shape'
        result.push({ type, from_name: name, value, original_width: value['original_width'], original_height: value['original_height'] })
      }
      if (isObject(v) && 'choices' in v) result.push({ type: 'choices', from_name: name, value: v })
      // A choice, a caption and a field of the task look the same.
      else if (shapes.length === 0 && v !== null && !isNamed(name, v) && !told.has(name)) {
        told.add(name)
        findings.leave(
          where,
          `“${name}” of this task and the others: JSON-MIN does not tell choices, texts and data apart; export as JSON to have it`,
        )
      }
    }
    const data = Object.fromEntries(Object.entries(raw).filter(([name, v]) => name === 'split' || isNamed(name, v)))
    return { data, annotations: [{ result, completed_by: raw['annotator'] }] }
  }
}

/** The image's name or address. */
const isNamed = (name: string, v: unknown) =>
  typeof v === 'string' && (['image', 'img'].includes(name) || isImage(v.split('?')[0]!) || /[?&]d=/.test(v))
