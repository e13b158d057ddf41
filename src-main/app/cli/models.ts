import { Command, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import { measured, percent } from '#shared/format.ts'
import type { Evaluation } from '#shared/model/evaluation.ts'
import { type Device, type Measured, predictionsOf, type RegionScores, type Retrieval, type WordOrder } from '#shared/model/job.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type MergeDtype, mergeDtypeSchema } from '#shared/model/merge.ts'
import { mergeMethods, methodOf, methodRecord } from '../../engine/merge/index.ts'
import { measures } from '../../engine/jobs/index.ts'
import { evaluatePredictions, metricsOf } from '../../engine/metrics/index.ts'
import { readRecord } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { evaluateCheckpoint } from '../evaluation/evaluate.ts'
import { mergeWrites, startMerge } from '../merging/merge.ts'
import { requireRoom } from '../storage/storage.ts'
import { leavesOut } from '../training/readable.ts'
import { openProject } from '../projects/index.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { knowledgeText } from './knowledge.ts'
import { jobBars, output, untilDone } from './output.ts'
import { deviceOption, settingsOf } from './train.ts'

export const evaluateCommand = (app: AppContext): Command =>
  new Command('evaluate')
    .requiredOption('--project <dir>', 'project folder')
    .requiredOption('--checkpoint <dir>', 'checkpoint folder')
    .addOption(
      new Option('--task <task>', `what is measured: ${measures.map((m) => `${m.id} (${m.about})`).join(', ')}`)
        .choices(measures.map((m) => m.id))
        .default(measures[0]!.id),
    )
    .option('--split <name>', 'only this split')
    .addOption(deviceOption())
    .action(async (o: { project: string; checkpoint: string; task: string; split?: string; device?: Device; json?: boolean }) => {
      const project = openProject(o.project, { readOnly: true })
      try {
        const bars = jobBars('evaluate')
        const result = await untilDone(
          evaluateCheckpoint(app, project, o, bars.onProgress, (images) => output(Boolean(o.json)).say(leavesOut(images))),
        )
        bars.end()
        const { answered, table } = told(result.measured)
        output(Boolean(o.json)).answer(
          {
            checkpoint: o.checkpoint,
            device: result.device,
            seconds: result.seconds,
            splits: answered,
            ...(result.leftOut.length && { leftOut: result.leftOut }),
          },
          table,
        )
      } finally {
        project.close()
      }
    })

export const mergeCommand = (app: AppContext): Command =>
  new Command('merge')
    .argument('<checkpoints...>', 'checkpoint folders; for methods relative to a base, the base first')
    .requiredOption('--method <name>', mergeMethods.map((m) => m.id).join(', '))
    .requiredOption('--out <dir>', 'checkpoint folder to write')
    .option('--project <dir>', 'measure on this project’s splits (greedy needs its split "heldOut")')
    .option('--set <key=value...>', 'settings of the method, e.g. alpha=0.5', [])
    .addOption(
      new Option('--dtype <type>', 'type of the soup’s weights; keep: the widest type among the ingredients')
        .choices(mergeDtypeSchema.options)
        .default('keep'),
    )
    .option('--insist', 'blend although tokenizer, preprocessing or prompt templates differ; dashi.json records the differences')
    .option('--no-forgetting', 'do not measure what the soup forgot, as was measured of its ingredients')
    .addOption(deviceOption())
    .action(
      async (
        checkpoints: string[],
        o: {
          method: string
          out: string
          project?: string
          set: string[]
          device?: Device
          dtype: MergeDtype
          insist?: boolean
          forgetting: boolean
          json?: boolean
        },
      ) => {
        if (methodRecord(o.method).chooses && !o.project) throw userError(sentence('command.merge-needs-project', { method: o.method }))
        const project = o.project ? openProject(o.project, { readOnly: true }) : undefined
        try {
          const bars = jobBars(o.method)
          const request = {
            method: methodOf(o.method, settingsOf(o.set)),
            checkpoints,
            out: o.out,
            device: o.device,
            dtype: o.dtype,
            insist: o.insist,
            ...(!o.forgetting && { forgetting: false as const }),
          }
          await requireRoom(app, project?.folder, () => mergeWrites(request))
          const result = await untilDone(
            startMerge(app, project, request, bars.onProgress, (images) => output(Boolean(o.json)).say(leavesOut(images))),
          )
          bars.end()
          const splits = evaluations(result.measured)
          const { dtype, mixed, insisted = [] } = readRecord(result.checkpoint).merge ?? {}
          if (mixed) process.stderr.write(`the ingredients’ weights are ${mixed.join(' and ')}; the soup’s are ${dtype}\n`)
          for (const line of insisted) process.stderr.write(`blended anyway: ${line}\n`)
          output(Boolean(o.json)).answer(
            {
              checkpoint: result.checkpoint,
              seconds: result.seconds,
              dtype,
              mixed,
              insisted,
              splits: answered(splits),
              ledger: result.ledger ?? undefined,
              ...(result.knowledge && { knowledge: result.knowledge }),
              ...(result.leftOut.length && { leftOut: result.leftOut }),
            },
            () => {
              const kept = result.knowledge ? `${knowledgeText(result.knowledge)}\n` : ''
              return `${Object.keys(splits).length ? splitTable(splits) : ''}${kept}${result.checkpoint} (${dtype})`
            },
          )
        } finally {
          project?.close()
        }
      },
    )

/** What was measured, for JSON and as a table. */
function told(measured: Measured): { answered: object; table: () => string } {
  if (measured.task === 'classify') {
    const splits = evaluations(measured)
    return { answered: answered(splits), table: () => splitTable(splits) }
  }
  if (measured.task === 'contrast') return { answered: measured.splits, table: () => retrievalTable(measured.splits) }
  if (measured.task === 'word-order') return { answered: measured.splits, table: () => wordOrderText(measured.splits) }
  return { answered: regionsAnswered(measured.splits), table: () => regionTables(measured) }
}

const evaluations = (measured: Measured) =>
  Object.fromEntries(
    Object.entries(predictionsOf(measured)).flatMap(([name, { n, labels, logits }]) =>
      n ? [[name, evaluatePredictions({ classes: logits.length / n, labels, logits })]] : [],
    ),
  )

/** For JSON output: flattens the metrics into the split's object. */
const answered = (splits: ReturnType<typeof evaluations>) =>
  Object.fromEntries(Object.entries(splits).map(([name, { metrics, ...rest }]) => [name, { ...metrics, ...rest }]))

const regionsAnswered = (splits: Readonly<Record<string, RegionScores>>) =>
  Object.fromEntries(
    Object.entries(splits)
      .filter(([, { n }]) => n)
      .map(([name, { n, regions, metrics, labels }]) => [
        name,
        { ...metrics, n, regions, labels: labels.map(({ metrics: own, ...label }) => ({ ...label, ...own })) },
      ]),
  )

/** Recall in both directions, a line a split. */
function retrievalTable(splits: Readonly<Record<string, Retrieval>>): string {
  type Row = Retrieval & { readonly name: string }
  const of = (direction: 'texts' | 'images', way: string): Column<Row>[] =>
    metricsOf('contrast').map((metric) => ({
      title: `${way} ${metric.title.en}`,
      value: (row) => measured(metric, row[direction][metric.id]),
    }))
  return renderTable<Row>(
    [
      { title: 'split', value: ({ name }) => name },
      { title: 'images', value: ({ n }) => n },
      { title: 'captions', value: ({ captions }) => captions },
      ...of('texts', 'caption'),
      ...of('images', 'image'),
    ],
    Object.entries(splits).flatMap(([name, split]) => (split.n ? [{ name, ...split }] : [])),
  )
}

/** A line a split, and what chance and a bag of words would get. */
function wordOrderText(splits: Readonly<Record<string, WordOrder>>): string {
  type Row = WordOrder & { readonly name: string }
  const pair = (of: 'text' | 'image' | 'group'): Column<Row> => ({
    title: `${of} %`,
    value: ({ pairs }) => (pairs ? percent(pairs[of]) : null),
  })
  const table = renderTable<Row>(
    [
      { title: 'split', value: ({ name }) => name },
      { title: 'images', value: ({ n }) => n },
      { title: 'swaps', value: ({ swaps }) => swaps },
      { title: 'own caption nearer %', value: ({ score }) => (score === null ? null : percent(score)) },
      { title: '95 %', value: ({ interval }) => interval?.map((x) => percent(x)).join('–') },
      { title: 'ties', value: ({ ties }) => ties },
      { title: 'pairs of images', value: ({ pairs }) => pairs?.n ?? 0 },
      ...(['text', 'image', 'group'] as const).map(pair),
    ],
    Object.entries(splits).flatMap(([name, split]) => (split.swaps ? [{ name, ...split }] : [])),
  )
  const chance = 'By chance: own caption nearer 50; text 25, image 25, group 16.7.'
  return `${table}${chance} A bag of words, to which both captions are one, gets 0 everywhere: ties count against it.`
}

/** Every metric of each split, a line each; and of each label those that mean something for a label by itself. */
function regionTables({ task, splits }: Exclude<Measured, { task: 'classify' | 'contrast' | 'word-order' }>): string {
  const metrics = metricsOf(task)
  const named = Object.entries(splits).flatMap(([name, scores]) => (scores.n ? [{ name, ...scores }] : []))
  type Line = { readonly title: string; readonly of: (split: RegionScores) => string | number | undefined }
  const lines: Line[] = [
    { title: 'images', of: ({ n }) => n },
    { title: 'regions', of: ({ regions }) => regions },
    ...metrics.map((metric) => ({ title: metric.title.en, of: (split: RegionScores) => measured(metric, split.metrics[metric.id]) })),
  ]
  const all = renderTable<Line>(
    [{ title: '', value: ({ title }) => title }, ...named.map((split) => ({ title: split.name, value: ({ of }: Line) => of(split) }))],
    lines,
  )
  const each = named.map(({ name, labels }) =>
    renderTable<(typeof labels)[number]>(
      [
        { title: `label in ${name}`, value: (row) => row.label },
        { title: 'regions', value: (row) => row.regions },
        ...metrics.flatMap((metric) =>
          metric.detail
            ? []
            : [{ title: metric.title.en, value: (row) => measured(metric, row.metrics[metric.id]) } as Column<(typeof labels)[number]>],
        ),
      ],
      labels,
    ),
  )
  return [all, ...each].join('\n')
}

const splitTable = (splits: ReturnType<typeof evaluations>) => {
  const interval: Column<[string, Evaluation]> = { title: '95 %', value: ([, e]) => e.interval.map((x) => percent(x)).join('–') }
  return renderTable(
    [
      { title: 'split', value: ([name]) => name },
      { title: 'images', value: ([, e]) => e.n },
      ...metricsOf('classify').flatMap((metric) => [
        { title: metric.title.en, value: ([, e]: [string, Evaluation]) => measured(metric, e.metrics[metric.id]) },
        ...(metric.id === 'accuracy' ? [interval] : []),
      ]),
    ],
    Object.entries(splits),
  )
}
