/**
 * Label Studio's JSON-MIN: task fields and results side by side, keyed by control name; only shapes and choices can be
 * recognised.
 */
import { sentence } from '#shared/sentences/table.ts'
import type { Findings, Where } from '../../findings.ts'
import { isImage } from '../../tree.ts'

const bookkeeping = new Set(['id', 'annotator', 'annotation_id', 'created_at', 'updated_at', 'lead_time', 'split'])
const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Converts tasks to the structure of full JSON; full tasks are returned unchanged, and rejected ones as null. */
export function fullTasks(findings: Findings, everyone: boolean): (raw: unknown, where: Where) => unknown {
  const told = new Set<string>()
  const seen = new Set<string>()
  return (raw, where) => {
    if (!isObject(raw) || !('annotation_id' in raw) || 'data' in raw) return raw
    // There is one row per annotator: unless all are wanted, repeated tasks are skipped.
    const task = JSON.stringify(raw['id'] ?? null)
    if (task !== 'null' && seen.has(task) && !everyone) {
      const who = String(raw['annotator'] ?? 'someone')
      findings.leave(where, sentence('finding.task-others', { task, who }))
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
      // A choice, a caption and a task field look the same.
      else if (shapes.length === 0 && v !== null && !isNamed(name, v) && !told.has(name)) {
        told.add(name)
        findings.leave(where, sentence('finding.json-min', { name }))
      }
    }
    const data = Object.fromEntries(Object.entries(raw).filter(([name, v]) => name === 'split' || isNamed(name, v)))
    return { data, annotations: [{ result, completed_by: raw['annotator'] }] }
  }
}

/** Whether it is an image's name or URL. */
const isNamed = (name: string, v: unknown) =>
  typeof v === 'string' && (['image', 'img'].includes(name) || isImage(v.split('?')[0]!) || /[?&]d=/.test(v))
