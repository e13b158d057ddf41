import path from 'node:path'
import { Command, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import { type MediaFilter, mediaFilter } from '#shared/model/project.ts'
import {
  type BoxMasksOptions,
  type BoxMasksReport,
  type ProposeOptions,
  type ProposeReport,
  type ProposeTask,
  proposeTask,
} from '#shared/model/propose.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { maskBoxes } from '../preview/box-masks.ts'
import { propose } from '../preview/propose.ts'
import { listLabels, mediaByPath, openProject, type Project } from '../projects/index.ts'
import { type ProgressBar, progressBar } from '../terminal/progress.ts'
import { output, untilDone } from './output.ts'
import { count, regionOf, regionsOf, share, wordsOf } from './preview.ts'

interface Given {
  readonly project: string
  readonly model: string
  readonly task: ProposeTask | 'masks'
  readonly text?: string
  readonly example?: string
  readonly region?: string
  readonly label?: string
  readonly filter?: string[]
  readonly threshold?: string
  readonly overlap?: string
  readonly known: string
  readonly most?: string
  readonly masks?: string
  readonly boxes?: string
  readonly json?: boolean
}

/** `key=value …`, values as JSON or plain text. @throws a user error naming the condition */
export function filterOf(given: readonly string[]): MediaFilter {
  const conditions = given.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw userError(sentence('preview.filter', { problem: `expected key=value, found ${JSON.stringify(pair)}` }))
    const value = pair.slice(at + 1)
    try {
      return [pair.slice(0, at), JSON.parse(value) as unknown] as const
    } catch {
      return [pair.slice(0, at), value] as const
    }
  })
  const parsed = mediaFilter.strict().safeParse(Object.fromEntries(conditions))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const what = issue.code === 'unrecognized_keys' ? `${issue.keys.join(', ')}: there are ${Object.keys(mediaFilter.shape).join(', ')}` : ''
  throw userError(sentence('preview.filter', { problem: what || `${issue.path.join('.')}: ${issue.message}` }))
}

/** What is looked for. @throws a user error if it is two things, or an example without its label */
function soughtIn(project: Project, { text, example, region, label }: Given): Pick<ProposeOptions, 'words' | 'example' | 'label'> {
  if (text !== undefined && example !== undefined) throw userError(sentence('preview.words-or-example'))
  if (example === undefined) {
    if (region !== undefined) throw userError(sentence('preview.region-alone'))
    if (label !== undefined) throw userError(sentence('preview.label-alone'))
    return text === undefined ? {} : { words: wordsOf(text) }
  }
  const media = mediaByPath(project, example)
  if (!media) throw userError(sentence('preview.no-example', { found: example }))
  return {
    example: { mediaId: media.id, ...(region === undefined ? {} : { region: regionOf(region) }) },
    ...(label === undefined ? {} : { label }),
  }
}

/** How regions are looked for. */
function howFound(o: Given, task: ProposeTask): Pick<ProposeOptions, 'task' | 'settings' | 'regions'> {
  const regions = regionsOf({ ...o, task })
  return {
    task,
    settings: {
      threshold: share('--threshold', o.threshold),
      overlap: share('--overlap', o.overlap ?? (o.example === undefined ? '0.5' : undefined)),
      most: count(o.most),
    },
    ...(regions === undefined ? {} : { regions: path.resolve(regions) }),
  }
}

/** The boxes that are made masks of. @throws a user error if something is looked for, or there is no such label */
function boxesIn(project: Project, o: Given): Pick<BoxMasksOptions, 'labelIds'> {
  const without = ['text', 'example', 'region', 'threshold', 'overlap', 'most', 'masks', 'boxes'] as const
  const given = without.find((option) => o[option] !== undefined)
  if (given) throw userError(sentence('preview.masks-of-boxes', { option: `--${given}` }))
  if (o.label === undefined) return {}
  const label = listLabels(project).find((l) => l.name === o.label)
  if (!label) throw userError(sentence('command.no-label', { label: JSON.stringify(o.label) }))
  return { labelIds: [label.id] }
}

export const proposeCommand = (app: AppContext): Command =>
  new Command('propose')
    .requiredOption('--project <dir>', 'project folder')
    .requiredOption('--model <dir>', 'checkpoint folder')
    .addOption(
      new Option('--task <task>', 'detect: boxes; segment: masks; masks: of what the boxes that there are enclose')
        .choices([...proposeTask.options, 'masks'])
        .default('detect'),
    )
    .option('--text <a,b,c>', 'words to look for, separated by commas; the project’s labels by default')
    .option('--example <image>', 'look for what is like this image of the project instead, given by its path there')
    .option('--region <x,y,w,h>', 'the part of the example that is meant, in pixels')
    .option('--label <name>', 'the label of what is like the example; of the boxes, for --task masks')
    .option('--filter <key=value...>', 'only images for which all of this holds, e.g. split=train unlabelled=true')
    .option('--threshold <score>', 'scores have to be above it, for masks those of pixels (default: 0.1 for boxes by words)')
    .option('--overlap <iou>', 'keep the best of a label’s boxes that overlap by more (default: 0.5 for words, 0.3 for an example)')
    .option('--known <iou>', 'leave out what overlaps a region of its label by more; 1 leaves out nothing', '0.7')
    .option('--most <n>', 'at most so many in an image, the best first')
    .option('--masks <dir>', 'a second model, of points and boxes, which makes a mask of each box; with a CLIP, its masks are named')
    .option('--boxes <dir>', 'a second model, a detector, whose boxes are named by a CLIP')
    .action(async (o: Given) => {
      const shared = { model: path.resolve(o.model), filter: filterOf(o.filter ?? []), known: share('--known', o.known)! }
      const project = openProject(o.project)
      let bar: ProgressBar | undefined
      const abort = new AbortController()
      try {
        const onProgress = (done: number, total: number) => (bar ??= progressBar('looking at images', { total })).update({ done, total })
        const control = { signal: abort.signal, onProgress }
        const result =
          o.task === 'masks'
            ? maskBoxes(app, project, { ...shared, ...boxesIn(project, o) }, control)
            : propose(app, project, { ...shared, ...howFound(o, o.task), ...soughtIn(project, o) }, control)
        const report = await untilDone<ProposeReport & Partial<BoxMasksReport>>({ result, cancel: () => abort.abort() })
        bar?.end()
        const out = output(Boolean(o.json))
        for (const { path: at, reason } of report.leftOut) out.say(`${at}: ${reason}`)
        out.answer(report, () => {
          const each = Object.entries(report.labels).map(([label, n]) => `${label} ${n}`)
          const more = [
            ...(report.empty ? [`in ${report.empty} boxes nothing was found`] : []),
            ...(report.known ? [`${report.known} were known`] : []),
          ]
          const images = `${report.images} images${report.boxes === undefined ? '' : `, ${report.boxes} boxes`}`
          return [`${images}, ${report.proposals} proposals${each.length ? ` (${each.join(', ')})` : ''}`, ...more].join('; ')
        })
      } finally {
        project.close()
      }
    })
