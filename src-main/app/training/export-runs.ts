/** Runs for other programs: a table as CSV, and event files for TensorBoard. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { RunEntry } from '#shared/contract/training.ts'
import { type Knowledge, keptOf, knowledgeKinds, knowledgeOf } from '#shared/model/knowledge.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { getRun, type Project } from '../projects/index.ts'
import { readSeries } from './run-log.ts'
import { eventFile, type Scalar } from './tfevents.ts'

/** Metrics that are no figures of merit. */
const notMetrics = new Set(['loss', 'steps', 'leftOut', 'knowledge'])
const hidden = new Set(['name', 'label', 'checkpoints'])

/** As spreadsheets read it: RFC 4180; a text that they would take for a formula begins with an apostrophe. */
const cell = (v: unknown): string => {
  const text = v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v)
  const safe = typeof v === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** `kept`: the change of what stands for the others; then all that was measured before and after. */
function knowledgeColumns(knowledge: Knowledge | null): Readonly<Record<string, number | string | null>> {
  const kept = keptOf(knowledge)
  if (knowledge?.kind !== 'measured') return kept === null ? {} : { kept }
  const parts = (['gain', ...knowledgeKinds] as const).flatMap((kind) => {
    const found = knowledge[kind]
    if (!found) return []
    const { n, before, after, change, interval } = found
    return Object.entries({ n, before, after, change, low: interval[0], high: interval[1] }).map(([k, v]) => [`${kind}:${k}`, v] as const)
  })
  return { kept, ...(knowledge.outside && { 'outside:of': knowledge.outside.of }), ...Object.fromEntries(parts) }
}

/** One row per run; settings are in columns `setting:KEY`. */
export function runsCsv(entries: readonly RunEntry[]): string {
  const keys = (of: (r: RunEntry) => object, without: ReadonlySet<string>) =>
    [...new Set(entries.flatMap((r) => Object.keys(of(r))))].filter((k) => !without.has(k))
  const metrics = keys((r) => r.metrics, notMetrics)
  const settings = keys((r) => r.settings, hidden)
  const kept = entries.map((r) => knowledgeColumns(knowledgeOf(r.metrics)))
  const keeps = [...new Set(kept.flatMap((columns) => Object.keys(columns)))]
  const rows = entries.map((r, i) => [
    ...[r.name, r.kind, r.recipe, r.base, r.status, new Date(r.created).toISOString()],
    ...[r.finished === null ? null : new Date(r.finished).toISOString(), r.tags.join(' '), r.note, r.datasetHash, r.folder],
    ...metrics.map((k) => r.metrics[k]),
    ...keeps.map((k) => kept[i]![k]),
    ...settings.map((k) => r.settings[k]),
  ])
  const head = ['name', 'kind', 'recipe', 'base', 'status', 'started', 'finished', 'tags', 'note', 'dataset', 'folder']
  return [[...head, ...metrics, ...keeps, ...settings.map((k) => `setting:${k}`)], ...rows]
    .map((row) => `${row.map(cell).join(',')}\r\n`)
    .join('')
}

/** Every recorded figure of a run; steps are spread over its duration, since only its start and end have a time. */
export function scalarsOf(project: Project, run: RunRecord): Scalar[] {
  const series = readSeries(project, run)
  const [from, to] = [run.created / 1000, (run.finished ?? run.created) / 1000]
  const last = Math.max(1, series.step.at(-1) ?? 1)
  const at = (step: number) => from + ((to - from) * Math.min(step, last)) / last
  const column = (tag: string, values: readonly (number | null)[]): Scalar[] =>
    values.flatMap((value, i) => (value === null ? [] : [{ tag, step: series.step[i]!, value, time: at(series.step[i]!) }]))
  return [
    ...column('loss/train', series.loss),
    ...column('optimizer/learning_rate', series.lr),
    ...column('optimizer/gradient_norm', series.gradNorm),
    ...column('speed/images_per_second', series.imagesPerSecond),
    ...series.epochs.map(({ metric, step, value }) => ({ tag: `${metric}/val`, step, value, time: at(step) })),
    ...Object.entries(run.metrics).flatMap(([k, v]) =>
      typeof v === 'number' && !notMetrics.has(k) ? [{ tag: `final/${k}`, step: last, value: v, time: to }] : [],
    ),
  ]
}

/** Writes one folder per run, named after it, into `folder`. */
export function writeEventFiles(project: Project, entries: readonly Pick<RunEntry, 'id' | 'name'>[], folder: string): void {
  const taken = new Set<string>()
  for (const { id, name } of entries) {
    const plain = name.replace(/[^\p{L}\p{N}._=-]+/gu, '-').replace(/^\.+/, '') || 'run'
    let own = plain
    for (let n = 2; taken.has(own.toLowerCase()); n++) own = `${plain}-${n}`
    taken.add(own.toLowerCase())
    const run = getRun(project, id)
    mkdirSync(path.join(folder, own), { recursive: true })
    const file = `events.out.tfevents.${Math.floor(run.created / 1000)}.dashi`
    writeFileSync(path.join(folder, own, file), eventFile(scalarsOf(project, run), run.created / 1000))
  }
}
