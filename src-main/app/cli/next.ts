import path from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import { MOST_NEXT, type LabelsPoint } from '#shared/model/next.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imagePaths } from '../../db/images.ts'
import { strategies, strategyRecord } from '../../engine/curation/index.ts'
import type { AppContext } from '../context.ts'
import { findNext, keepResult } from '../curation/index.ts'
import { listCheckpoints, listLabels, listRuns, openProject, type Project } from '../projects/index.ts'
import { renderTable } from '../terminal/table.ts'
import { labelsCurve } from '../training/labels-curve.ts'
import { nameOf } from '../training/names.ts'
import { followed } from './curation.ts'
import { wholeNumber } from './numbers.ts'
import { output } from './output.ts'
import { filterOf } from './propose.ts'

const share = (text: string) => {
  const value = Number(text)
  if (!text.trim() || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('expected a number between 0 and 1')
  return value
}

interface NextCommandOptions {
  readonly project: string
  readonly run?: string
  readonly model?: string
  readonly other?: string
  readonly strategy: string
  readonly diversity: number
  readonly filter: string[]
  readonly count: number
  readonly propose: boolean
  readonly seed: number
  readonly json?: boolean
}

/** The checkpoint that a run left, by the run's id or name. @throws a user error if there is none */
function checkpointOfRun(project: Project, given: string): string {
  const run = listRuns(project).find((r) => r.id === given || nameOf(r) === given)
  const left = run && listCheckpoints(project).find((c) => c.runId === run.id)
  if (!left) throw userError(sentence('next.no-run', { folder: project.folder, run: given }))
  return path.resolve(project.folder, left.folder)
}

const strategiesHelp = () => `\nStrategies:\n${strategies.map(({ id, about }) => `  ${id}: ${about.en}`).join('\n')}`

export const nextCommand = (app: AppContext): Command =>
  new Command('next')
    .requiredOption('--project <dir>', 'project folder')
    .option('--run <name>', 'the run whose checkpoint chooses, by name or id')
    .option('--model <dir>', 'checkpoint folder instead (default: the built-in model)')
    .option('--other <dir>', 'the checkpoint to compare it with, for the strategy "checkpoints"')
    .addOption(new Option('--strategy <name>', 'how to choose').default('mix'))
    .option('--diversity <share>', 'of a mix: 0 chooses the most uncertain images, 1 the most diverse', share, 0.5)
    .option('--filter <key=value...>', 'only images for which all of this holds, e.g. split=train unlabelled=true', [])
    .option('--count <n>', 'number of images', wholeNumber(1, MOST_NEXT), 50)
    .option('--no-propose', 'store no proposals')
    .option('--seed <n>', 'random seed', wholeNumber(0, 999_999_999), 0)
    .addHelpText('after', strategiesHelp)
    .action(async (o: NextCommandOptions) => {
      if (o.run !== undefined && o.model !== undefined) throw userError(sentence('next.run-or-model'))
      strategyRecord(o.strategy)
      const filter = filterOf(o.filter)
      const project = openProject(o.project)
      try {
        const model = o.run !== undefined ? checkpointOfRun(project, o.run) : o.model && path.resolve(o.model)
        const { strategy, diversity, count, propose, seed } = o
        const options = { strategy, diversity, filter, count, propose, seed, ...(model && { model }) }
        const other = o.other === undefined ? {} : { other: path.resolve(o.other) }
        const began = performance.now()
        const found = await followed((control) => findNext(app, project, { ...options, ...other }, control))
        const seconds = (performance.now() - began) / 1000
        keepResult(project, 'next', found, seconds)
        const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
        const paths = imagePaths(
          project.db,
          found.details.map((d) => d.mediaId),
        )
        const images = found.details.map(({ mediaId, score, labelId, confidence }) => ({
          path: paths.get(mediaId)!,
          label: names.get(labelId)!,
          confidence,
          score,
        }))
        output(Boolean(o.json)).answer({ ...found.summary, seconds, queue: images }, () =>
          [
            renderTable(
              [
                { title: 'image', align: 'left', value: (i) => i.path },
                { title: 'guess', align: 'left', value: (i) => i.label },
                { title: 'sure', value: (i) => `${(100 * i.confidence).toFixed(0)} %` },
              ],
              images,
            ),
            `${images.length} of ${found.summary.images} images; ${found.summary.proposals} proposals`,
          ].join('\n'),
        )
      } finally {
        project.close()
      }
    })

const percent = (value: number) => (100 * value).toFixed(1)

export const curveCommand = (_: AppContext): Command =>
  new Command('curve').requiredOption('--project <dir>', 'project folder').action((o: { project: string; json?: boolean }) => {
    const project = openProject(o.project, { readOnly: true })
    try {
      const points = labelsCurve(project)
      output(Boolean(o.json)).answer({ points }, () =>
        points.length
          ? renderTable<LabelsPoint>(
              [
                { title: 'labels', value: (p) => String(p.labels) },
                { title: 'accuracy %', value: (p) => percent(p.accuracy) },
                { title: '95 % interval', value: (p) => `${percent(p.low)}–${percent(p.high)}` },
                { title: 'on', align: 'left', value: (p) => `${p.images} of ${p.split}` },
                { title: 'run', align: 'left', value: (p) => p.name },
              ],
              points,
            )
          : 'No training has recorded its number of labels yet.',
      )
    } finally {
      project.close()
    }
  })
