import { Command, Option } from 'commander'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { deepSamplesSchema } from '#shared/model/deep.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { Images, outputSize, pictureFacts } from '../../engine/data/index.ts'
import { type Model, openModel, textTower } from '../../engine/models/index.ts'
import { softmaxRows } from '../../engine/metrics/index.ts'
import { classifierLogits, headLogits, imageFeatures, textFeatures, unitRows, zeroShotHead } from '../../engine/tasks/index.ts'
import type { Head } from '../../engine/weights/index.ts'
import { renderTable } from '../terminal/table.ts'
import type { AppContext } from '../context.ts'
import { output } from './output.ts'

const items = (files: readonly string[]) => files.map((file) => ({ file, label: 0 }))

type Looking = Pick<Seeing, 'deep' | 'interpolate'>
const deepOption = () =>
  new Option('--deep <how>', 'samples of more than 8 bits: clipped as in Pillow, scaled by their range, or between percentiles').choices(
    deepSamplesSchema.options,
  )
const interpolateOption = () =>
  new Option('--interpolate', 'accept crops of another size than the model’s by interpolating its position embeddings')

/** Explains on stderr the preprocessing that the numbers do not show. */
async function sayHow({ preprocess, image }: Model, files: readonly string[]): Promise<void> {
  const { height, width } = outputSize(preprocess)
  const { size, anySize } = image
  if (files.length && !anySize && (height !== size || width !== size))
    process.stderr.write(`${height} × ${width} pixels for a model made for ${size} × ${size}: position embeddings are interpolated\n`)
  const deep = []
  for (const file of files) if ((await pictureFacts(file).catch(() => undefined))?.deep) deep.push(file)
  const how = preprocess.deep ?? 'clip'
  const named = `${deep[0]}${deep.length > 1 ? ` and ${deep.length - 1} more` : ''}`
  const treated = how === 'clip' ? ' are clipped at 255, as in Pillow; --deep range or percentiles keep more of them' : `: --deep ${how}`
  if (deep.length) process.stderr.write(`${named}: samples of more than 8 bits${treated}\n`)
}

/** Opens the checkpoint, calls `use` and closes it. */
async function withModel<T>(dir: string, told: Seeing, use: (model: Model) => Promise<T>): Promise<T> {
  const model = await openModel(dir, told)
  try {
    return await use(model)
  } finally {
    model.close()
  }
}

export const embedCommand = (app: AppContext): Command =>
  new Command('embed')
    .option('--model <dir>', 'checkpoint folder', app.nano)
    .option('--image <files...>', 'image files', [])
    .option('--text <texts...>', 'texts', [])
    .addOption(deepOption())
    .addOption(interpolateOption())
    .action(async (o: Looking & { model: string; image: string[]; text: string[]; json?: boolean }) => {
      if (!o.image.length && !o.text.length) throw userError(sentence('command.embed-nothing'))
      await withModel(o.model, o, async (model) => {
        await sayHow(model, o.image)
        const d = model.dim
        const image = o.image.length ? unitRows(await imageFeatures(model, new Images(items(o.image))), d) : new Float32Array(0)
        const text = o.text.length ? await textFeatures(model, o.text) : new Float32Array(0)
        const { scale, bias } = o.text.length ? textTower(model, 'embed').similarity.of(model.weights) : { scale: 1, bias: 0 }
        const asHead: Head = {
          classes: o.text,
          dim: d,
          weight: text.map((x) => x * scale),
          bias: new Float32Array(o.text.length).fill(bias),
        }
        const rows = (x: Float32Array, width: number) =>
          Array.from({ length: width ? x.length / width : 0 }, (_, i) => [...x.subarray(i * width, (i + 1) * width)])
        const logitsPerImage = o.text.length ? rows(headLogits(image, asHead), o.text.length) : []
        output(Boolean(o.json)).answer({ image: rows(image, d), text: rows(text, d), logitsPerImage }, () =>
          o.text.length && o.image.length
            ? renderTable(
                [
                  { title: 'image', value: (r) => r.file },
                  ...o.text.map((t, i) => ({ title: t, value: (r: { logits: number[] }) => r.logits[i]!.toFixed(2) })),
                ],
                o.image.map((file, i) => ({ file, logits: logitsPerImage[i]! })),
              )
            : `images: ${o.image.length}, texts: ${o.text.length}, dimensions: ${d}; --json prints the numbers`,
        )
      })
    })

export const classifyCommand = (app: AppContext): Command =>
  new Command('classify')
    .option('--model <dir>', 'checkpoint folder', app.nano)
    .requiredOption('--image <files...>', 'image files')
    .option('--labels <a,b,c>', 'labels, separated by commas')
    .addOption(deepOption())
    .addOption(interpolateOption())
    .action(async (o: Looking & { model: string; image: string[]; labels?: string; json?: boolean }) => {
      const labels =
        o.labels === undefined
          ? undefined
          : [
              ...new Set(
                o.labels
                  .split(',')
                  .map((l) => l.trim())
                  .filter(Boolean),
              ),
            ]
      if (labels && !labels.length) throw userError(sentence('command.labels-list', { found: String(o.labels) }))
      await withModel(o.model, o, async (model) => {
        await sayHow(model, o.image)
        if (!labels && !model.head) throw userError(sentence('command.classify-needs-labels'))
        const head = labels
          ? await zeroShotHead(
              model,
              labels.map((name) => ({ name })),
              model.templates,
            )
          : model.head!
        const logits = await classifierLogits(model, await imageFeatures(model, new Images(items(o.image))), head)
        const p = softmaxRows(logits, head.classes.length)
        const answers = o.image.map((image, i) => ({
          image,
          scores: Object.fromEntries(head.classes.map((c, k) => [c, p[i * head.classes.length + k]!])),
        }))
        output(Boolean(o.json)).answer(answers, () =>
          renderTable(
            [
              { title: 'image', value: (r) => r.image },
              { title: 'best', align: 'left', value: (r) => top(r.scores) },
            ],
            answers,
          ),
        )
      })
    })

const top = (scores: Record<string, number>) =>
  Object.entries(scores)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([label, p]) => `${label} ${(100 * p).toFixed(1)}%`)
    .join(', ')
