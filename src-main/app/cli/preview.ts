import { Command, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import type { BoxTuple, Prompt } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type Model, openModel } from '../../engine/models/index.ts'
import { Foreign, isForeign } from '../../engine/foreign/index.ts'
import { finderOf, findOnce } from '../preview/task.ts'
import { previewTasks } from '../preview/tasks.ts'
import { renderTable } from '../terminal/table.ts'
import { output } from './output.ts'

interface Given {
  readonly model: string
  readonly image: string
  readonly task: string
  readonly text?: string
  readonly template?: string[]
  readonly example?: string
  readonly region?: string
  readonly threshold?: string
  readonly overlap?: string
  readonly most?: string
  readonly background?: string
  readonly masks?: string
  readonly boxes?: string
  readonly grid?: string
  readonly json?: boolean
}

const tasks = previewTasks.map((t) => t.id)

/** A share, or undefined if the option was not given. @throws a user error naming the option */
export function share(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const x = given.trim() === '' ? NaN : Number(given)
  if (!(x >= 0 && x <= 1)) throw userError(sentence('preview.number', { option, found: given }))
  return x
}

export function count(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  if (!/^[1-9]\d*$/.test(given) || !Number.isSafeInteger(Number(given))) throw userError(sentence('preview.most', { found: given }))
  return Number(given)
}

const MOST_CLICKS = 64

function clicks(given: string | undefined): number | undefined {
  if (given === undefined) return undefined
  const n = Number(given)
  if (!/^\d+$/.test(given) || n < 1 || n > MOST_CLICKS) throw userError(sentence('preview.grid', { most: MOST_CLICKS, found: given }))
  return n
}

/** The folder of the second model, if there is one. @throws a user error if there are two */
export function regionsOf({ masks, boxes, task }: Pick<Given, 'masks' | 'boxes' | 'task'>): string | undefined {
  if (masks !== undefined && boxes !== undefined) throw userError(sentence('preview.masks-or-boxes'))
  if (boxes !== undefined && task !== 'detect') throw userError(sentence('preview.boxes-have-no-masks'))
  return masks ?? boxes
}

/** @throws a user error if it is no region */
export function regionOf(given: string): BoxTuple {
  const numbers = given.split(',').map((x) => (x.trim() === '' ? NaN : Number(x)))
  const [x, y, w, h] = numbers
  if (numbers.length !== 4 || !numbers.every(Number.isFinite) || !(w! > 0 && h! > 0))
    throw userError(sentence('preview.region', { found: given }))
  return [x!, y!, w!, h!]
}

const listOf = (given: string) => [...new Set(given.split(',').map((word) => word.trim()))].filter(Boolean)

/** @throws a user error if there are none */
export function wordsOf(text: string): string[] {
  const words = listOf(text)
  if (!words.length) throw userError(sentence('preview.words', { found: text }))
  return words
}

/** What is looked for. @throws a user error if nothing is, or two things */
function promptOf({ text, template, example, region }: Given): Prompt {
  if (text !== undefined && example !== undefined) throw userError(sentence('preview.words-or-example'))
  if (example !== undefined) return { example: { file: example, ...(region === undefined ? {} : { region: regionOf(region) }) } }
  if (region !== undefined) throw userError(sentence('preview.region-alone'))
  if (text === undefined) throw userError(sentence('preview.no-words'))
  const words = wordsOf(text)
  const wordless = template?.find((t) => !t.includes('{}'))
  if (wordless !== undefined) throw userError(sentence('preview.template', { mark: '{}', found: wordless }))
  return { classes: words.map((name) => ({ name })), ...(template?.length ? { templates: template } : {}) }
}

export const previewCommand = (): Command =>
  new Command('preview')
    .requiredOption('--model <dir>', 'checkpoint folder')
    .requiredOption('--image <file>', 'image file')
    .addOption(
      new Option('--task <task>', `what to find: ${previewTasks.map((t) => `${t.id} (${t.finds})`).join(', ')}`)
        .choices(tasks)
        .default(tasks[0]),
    )
    .option('--text <a,b,c>', 'words to look for, separated by commas')
    .option('--template <text...>', 'sentences around the words, with {} in their place; the checkpoint’s own if none is given')
    .option('--example <file>', 'look for what is like this image instead')
    .option('--region <x,y,w,h>', 'the part of the example that is meant, in pixels')
    .option(
      '--threshold <score>',
      'scores have to be above it, for masks those of pixels (default: 0.1 for boxes by words, 0.5 for CLIPSeg’s masks, else 0)',
    )
    .option('--overlap <iou>', 'keep the best of boxes that overlap by more (default: 1, which keeps all, for words; 0.3 for an example)')
    .option('--most <n>', 'at most so many, the best first')
    .option('--background <a,b,c>', 'for masks by any CLIP: what else a pixel may be, separated by commas (default: background)')
    .option(
      '--masks <dir>',
      'a second model, of points and boxes: with a detector, it makes a mask of each box; with a CLIP, its masks of everything are named',
    )
    .option('--boxes <dir>', 'a second model, a detector, whose boxes are named by a CLIP')
    .option('--grid <n>', 'for masks of everything: clicks along each side of the image (default: 16)')
    .action(async (o: Given) => {
      const task = previewTasks.find((t) => t.id === o.task)!
      const prompt = promptOf(o)
      const settings = {
        threshold: share('--threshold', o.threshold),
        overlap: share('--overlap', o.overlap),
        most: count(o.most),
        background: o.background === undefined ? undefined : listOf(o.background),
        grid: clicks(o.grid),
      }
      const regions = regionsOf(o)
      const models: Model[] = []
      try {
        if (isForeign(o.model) && regions !== undefined) throw userError(sentence('foreign.alone'))
        if (!isForeign(o.model)) models.push(await openModel(o.model))
        if (regions !== undefined) models.push(await openModel(regions))
        const finder = isForeign(o.model)
          ? await Foreign.open(o.model, task.id, `preview --task ${task.id}`)
          : finderOf(task, models[0]!, models[1])
        const found = await findOnce(finder, o.image, prompt, settings)
        output(Boolean(o.json)).answer(found, () =>
          found.length
            ? renderTable(
                [
                  { title: 'label', value: (f) => f.label },
                  { title: 'score', value: (f) => f.score.toFixed(3) },
                  { title: 'place', align: 'left', value: (f) => task.place(f) },
                ],
                found,
              )
            : 'nothing found: a lower --threshold shows weaker ones',
        )
      } finally {
        for (const model of models) model.close()
      }
    })
