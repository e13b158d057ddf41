import { Command } from 'commander'
import { userError } from '#shared/errors.ts'
import { Images } from '../../engine/data/images.ts'
import { type Clip, openClip } from '../../engine/models/checkpoint.ts'
import { softmaxRows } from '../../engine/metrics/predictions.ts'
import { headLogits, imageFeatures, textFeatures, zeroShotHead } from '../../engine/tasks/embed.ts'
import type { Head } from '../../engine/weights/head.ts'
import { renderTable } from '../terminal/table.ts'
import type { AppContext } from '../context.ts'
import { output } from './output.ts'

const items = (files: readonly string[]) => files.map((file) => ({ file, label: 0 }))

/** Calls with the opened checkpoint and closes it. */
async function withClip<T>(dir: string, use: (clip: Clip) => Promise<T>): Promise<T> {
  const clip = await openClip(dir)
  try {
    return await use(clip)
  } finally {
    clip.close()
  }
}

export const embedCommand = (app: AppContext): Command =>
  new Command('embed')
    .description('embed images and texts: normalised embeddings, and the logits of each image for each text')
    .option('--model <dir>', 'checkpoint folder', app.nano)
    .option('--image <files...>', 'image files', [])
    .option('--text <texts...>', 'texts', [])
    .action(async (o: { model: string; image: string[]; text: string[]; json?: boolean }) => {
      if (!o.image.length && !o.text.length) throw userError('embed: give --image or --text')
      await withClip(o.model, async (clip) => {
        const d = clip.config.projection_dim
        const image = o.image.length ? await imageFeatures(clip, new Images(items(o.image))) : new Float32Array(0)
        const text = o.text.length ? await textFeatures(clip, o.text) : new Float32Array(0)
        const scale = Math.exp(clip.weights.float32('logit_scale')[0]!)
        const asHead: Head = { classes: o.text, dim: d, weight: text.map((x) => x * scale), bias: new Float32Array(o.text.length) }
        const rows = (x: Float32Array, width: number) => Array.from({ length: width ? x.length / width : 0 }, (_, i) => [...x.subarray(i * width, (i + 1) * width)])
        const logitsPerImage = o.text.length ? rows(headLogits(image, asHead), o.text.length) : []
        output(Boolean(o.json)).answer({ image: rows(image, d), text: rows(text, d), logitsPerImage }, () =>
          o.text.length && o.image.length
            ? renderTable([{ title: 'image', value: (r) => r.file }, ...o.text.map((t, i) => ({ title: t, value: (r: { logits: number[] }) => r.logits[i]!.toFixed(2) }))], o.image.map((file, i) => ({ file, logits: logitsPerImage[i]! })))
            : `images: ${o.image.length}, texts: ${o.text.length}, dimensions: ${d}; --json prints the numbers`,
        )
      })
    })

export const classifyCommand = (app: AppContext): Command =>
  new Command('classify')
    .description('name what images show: by a checkpoint’s own classes, or by the labels given')
    .option('--model <dir>', 'checkpoint folder', app.nano)
    .requiredOption('--image <files...>', 'image files')
    .option('--labels <a,b,c>', 'labels, separated by commas')
    .action(async (o: { model: string; image: string[]; labels?: string; json?: boolean }) => {
      const labels = o.labels === undefined ? undefined : [...new Set(o.labels.split(',').map((l) => l.trim()).filter(Boolean))]
      if (labels && !labels.length) throw userError(`--labels: expected names with commas between them, found "${o.labels}"`)
      await withClip(o.model, async (clip) => {
        if (!labels && !clip.head) throw userError('classify: --labels is needed: the checkpoint has no classes of its own')
        const head = labels ? await zeroShotHead(clip, labels.map((name) => ({ name })), clip.templates) : clip.head!
        const logits = headLogits(await imageFeatures(clip, new Images(items(o.image))), head)
        const p = softmaxRows(logits, head.classes.length)
        const answers = o.image.map((image, i) => ({ image, scores: Object.fromEntries(head.classes.map((c, k) => [c, p[i * head.classes.length + k]!])) }))
        output(Boolean(o.json)).answer(answers, () =>
          renderTable(
            [{ title: 'image', value: (r) => r.image }, { title: 'best', align: 'left', value: (r) => top(r.scores) }],
            answers,
          ),
        )
      })
    })

const top = (scores: Record<string, number>) =>
  Object.entries(scores).sort(([, a], [, b]) => b - a).slice(0, 3).map(([label, p]) => `${label} ${(100 * p).toFixed(1)}%`).join(', ')
