import path from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { duplicateOptions, type SplitReport, splitOptions } from '#shared/model/curation.ts'
import type { AppContext } from '../context.ts'
import { applyDivision, applyDuplicates, duplicateGroups, findDuplicates, keepResult, proposeSplit, type Step } from '../curation/index.ts'
import { openProject } from '../projects/index.ts'
import { progressBar } from '../terminal/progress.ts'
import { renderTable } from '../terminal/table.ts'
import { output, untilDone } from './output.ts'

const number = (text: string) => {
  if (!text.trim() || !Number.isFinite(Number(text))) throw new InvalidArgumentError('expected a number')
  return Number(text)
}

/** @throws a one-line user error naming the option */
function parsed<T>(
  schema: {
    safeParse(x: unknown): { success: true; data: T } | { success: false; error: { issues: { path: PropertyKey[]; message: string }[] } }
  },
  given: unknown,
  command: string,
): T {
  const result = schema.safeParse(given)
  if (result.success) return result.data
  const { path: at, message } = result.error.issues[0]!
  const option = { groupBy: 'by-group', shares: 'share' }[String(at[0])] ?? String(at[0])
  throw userError(`${command}: ${at.length ? `--${option}: ` : ''}${message}`)
}

/** Shows one progress bar per phase; Ctrl+C stops between two steps. */
export async function followed<T>(body: (control: { signal: AbortSignal; onProgress: (step: Step) => void }) => Promise<T>): Promise<T> {
  let bar: { phase: string; bar: ReturnType<typeof progressBar> } | undefined
  const abort = new AbortController()
  const onProgress = ({ phase, done, total }: Step) => {
    if (bar?.phase !== phase) {
      bar?.bar.end()
      bar = { phase, bar: progressBar(phase) }
    }
    bar.bar.update({ done, ...(total === null ? {} : { total }) })
  }
  try {
    return await untilDone({ result: body({ signal: abort.signal, onProgress }), cancel: () => abort.abort() })
  } finally {
    bar?.bar.end()
  }
}

interface DedupOptions {
  project: string
  method: string
  threshold?: number
  hamming?: number
  similarity?: number
  keep: string
  model?: string
  seed: number
  apply?: string
  tag: string
  json?: boolean
}

export const dedupCommand = (app: AppContext): Command =>
  new Command('dedup')
    .requiredOption('--project <dir>', 'project folder')
    .option('--method <name>', 'exact, phash, embedding or all', 'all')
    .option('--threshold <n>', 'limit of the chosen method: most differing bits (phash), or least cosine similarity (embedding)', number)
    .option('--hamming <bits>', 'largest number of the 64 bits in which perceptual hashes may differ', number)
    .option('--similarity <cosine>', 'least cosine similarity of embeddings', number)
    .option('--keep <which>', 'which of several similar images to keep: the farthest from the centroid, or the closest', 'farthest')
    .option('--model <dir>', 'checkpoint whose embeddings are used', app.nano)
    .option('--seed <n>', 'random seed of the clustering', number, 0)
    .option('--apply <action>', 'tag the duplicates, or remove them from the project (files stay; undo restores them)')
    .option('--tag <name>', 'the tag', 'duplicate')
    .action(async (o: DedupOptions) => {
      const { threshold, method } = o
      if (threshold !== undefined && method !== 'phash' && method !== 'embedding') throw userError(sentence('command.dedup-threshold'))
      if (o.apply !== undefined && o.apply !== 'tag' && o.apply !== 'remove')
        throw userError(sentence('command.dedup-apply', { found: String(o.apply) }))
      const options = parsed(
        duplicateOptions,
        {
          method,
          keep: o.keep,
          seed: o.seed,
          model: o.model && path.resolve(o.model),
          hamming: method === 'phash' ? (threshold ?? o.hamming) : o.hamming,
          similarity: method === 'embedding' ? (threshold ?? o.similarity) : o.similarity,
        },
        'dedup',
      )
      const project = openProject(o.project)
      try {
        const began = performance.now()
        const found = await followed((control) => findDuplicates(app, project, options, control))
        const seconds = (performance.now() - began) / 1000
        keepResult(project, 'duplicates', found, seconds)
        const { groups } = duplicateGroups(project, { offset: 0, limit: Infinity })
        const changed =
          o.apply === undefined ? 0 : applyDuplicates(project, o.apply === 'tag' ? { kind: 'tag', tag: o.tag } : { kind: 'remove' }).length
        const document = {
          ...found.summary,
          seconds,
          applied: o.apply ?? null,
          changed,
          groups: groups.map(({ id, by, images }) => ({
            id,
            by,
            keep: images.filter((i) => i.keep).map((i) => i.path),
            duplicates: images.filter((i) => !i.keep).map((i) => i.path),
          })),
        }
        output(Boolean(o.json)).answer(document, () =>
          [
            `${document.images} images, ${groups.length} groups, ${document.duplicates} duplicates` +
              (o.apply ? `; ${changed} ${o.apply === 'tag' ? `tagged "${o.tag}"` : 'removed from the project'}` : ''),
            ...document.groups
              .slice(0, 20)
              .map((g) => `  ${g.keep.join(', ')}  ⇐  ${g.duplicates.join(', ') || '(all kept)'}  (${g.by.join(', ')})`),
            ...(groups.length > 20 ? ['  … and more; --json lists them'] : []),
            ...(document.unreadable ? [`${document.unreadable} images cannot be read`] : []),
          ].join('\n'),
        )
      } finally {
        project.close()
      }
    })

interface SplitCommandOptions {
  project: string
  train?: number
  val?: number
  test?: number
  heldOut?: number
  share: string[]
  stratify: boolean
  duplicates: boolean
  byGroup: string
  tagPrefix: string
  keep?: boolean
  labelled?: boolean
  seed: number
  dryRun?: boolean
  json?: boolean
}

/** Parses repeated `--share ood=0.1` options. */
const namedShares = (given: readonly string[]) =>
  given.map((text) => {
    const [name = '', value = ''] = text.split('=')
    if (!name || !(Number(value) > 0)) throw userError(sentence('command.split-share', { found: text }))
    return [name, Number(value)] as const
  })

export const splitCommand = (_: AppContext): Command =>
  new Command('split')
    .requiredOption('--project <dir>', 'project folder')
    .option('--train <share>', 'share of the split "train"', number)
    .option('--val <share>', 'of "val"', number)
    .option('--test <share>', 'of "test"', number)
    .option('--held-out <share>', 'share of "heldOut", on which soups are chosen', number)
    .option('--share <name=share...>', 'share of any other split', [])
    .option('--no-stratify', 'ignore the labels')
    .option('--no-duplicates', 'allow near-duplicates to be separated')
    .option('--by-group <what>', 'keep images of one folder or tag together too', 'none')
    .option('--tag-prefix <text>', 'group by tags with this prefix only', '')
    .option('--keep', 'keep images that already have a split in it')
    .option('--labelled', 'leave images without a label as they are')
    .option('--seed <n>', 'random seed', number, 0)
    .option('--dry-run', 'only report what would change')
    .action(async (o: SplitCommandOptions) => {
      const standard = Object.entries({ train: o.train, val: o.val, heldOut: o.heldOut, test: o.test }).flatMap(([name, share]) =>
        share ? [[name, share] as const] : [],
      )
      const shares = Object.fromEntries([...standard, ...namedShares(o.share)])
      if (!Object.keys(shares).length) throw userError(sentence('command.split-no-shares'))
      const options = parsed(
        splitOptions,
        {
          shares,
          stratify: o.stratify,
          duplicates: o.duplicates,
          groupBy: o.byGroup,
          tagPrefix: o.tagPrefix,
          keepAssigned: Boolean(o.keep),
          labelledOnly: Boolean(o.labelled),
          seed: o.seed,
        },
        'split',
      )
      const project = openProject(o.project, { readOnly: Boolean(o.dryRun) })
      try {
        const { summary, details } = await followed((control) => proposeSplit(project, options, control))
        const changed = o.dryRun ? 0 : applyDivision(project, details)
        output(Boolean(o.json)).answer({ ...summary, applied: !o.dryRun, changed }, () => splitText(summary, Boolean(o.dryRun)))
      } finally {
        project.close()
      }
    })

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

function splitText(report: SplitReport, dryRun: boolean): string {
  const table = renderTable(
    [
      { title: 'split', align: 'left', value: (s) => s.name },
      { title: 'images', value: (s) => String(s.images) },
      { title: 'share', value: (s) => percent(s.share) },
      { title: 'wanted', value: (s) => percent(s.wanted) },
    ],
    report.splits,
  )
  const unmet = report.unmet.map((u) => {
    if (u.kind === 'label-missing') return `  ${u.name}: only ${u.images} images, none in ${u.splits.join(', ')}`
    if (u.kind === 'share') return `  ${u.split}: ${percent(u.share)} instead of ${percent(u.wanted)}`
    return `  a group of ${u.images} images is already divided: ${u.splits.join(', ')}`
  })
  return [
    table,
    `${report.groups.count} groups kept together (largest: ${report.groups.largest}); ` +
      `${report.changes} images ${dryRun ? 'would change' : 'changed'} their split`,
    ...unmet.slice(0, 20),
    ...(unmet.length > 20 ? [`  … and ${unmet.length - 20} more; --json lists them`] : []),
  ].join('\n')
}
