/** Sets for active learning: features of Nano, scaled as the probe that judges doubtful labels scales them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import sharp from 'sharp'
import { stratify } from '../../../src-main/engine/curation/index.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { imageFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { classesOf } from '../../../src-main/app/sample/classes.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { openSample } from '../../../src-main/app/sample/cache.ts'
import { programRoot } from '../../../src-main/program.ts'
import type { HiddenSet } from './simulate.ts'

const nano = join(programRoot, 'resources', 'nano')

interface Labelled {
  readonly file: string
  readonly label: number
}

async function featuresOf(items: readonly Labelled[], cache?: string): Promise<{ features: Float32Array; dim: number }> {
  const model = await openModel(nano)
  try {
    return { features: scaled(await imageFeatures(model, new Images(items), { cache })), dim: model.dim }
  } finally {
    model.close()
  }
}

/** To a mean of 0 and a standard deviation of 1 over all entries. */
function scaled(x: Float32Array): Float32Array {
  let [sum, squares] = [0, 0]
  for (const v of x) {
    sum += v
    squares += v * v
  }
  const mean = sum / x.length
  const deviation = Math.sqrt(Math.max(1e-24, squares / x.length - mean * mean))
  return x.map((v) => (v - mean) / deviation)
}

/** The sample's own task: what may be labelled is what people label there, measured on its test pictures. */
export async function sampleSet(cache?: string): Promise<HiddenSet> {
  const { dir, index } = await openSample()
  const pictures = index.pictures.filter((p) => ['train', 'val', 'heldOut', 'id'].includes(p.split))
  const { features, dim } = await featuresOf(
    pictures.map((p) => ({ file: join(dir, p.file), label: p.class })),
    cache,
  )
  const rows = (test: boolean) => Int32Array.from([...pictures.keys()].filter((i) => (pictures[i]!.split === 'id') === test))
  return {
    name: 'sample',
    classes: index.classes.length,
    dim,
    features,
    truth: Int32Array.from(pictures, (p) => p.class),
    divided: () => ({ pool: rows(false), test: rows(true) }),
  }
}

/**
 * The styles that the sample keeps apart, each concept drawn by several studios: the drawings of a concept stay on one side.
 * @param broad Unicode's groups of emoji as classes, of which there are few with many pictures, rather than their subgroups
 */
export async function handsSet(broad: boolean, cache?: string): Promise<HiddenSet> {
  const { dir, index } = await openSample()
  const groups = classesOf(concepts()).map((c) => c.concepts[0]!.group)
  const names = [...new Set(groups)]
  const classOfPicture = (k: number) => (broad ? names.indexOf(groups[k]!) : k)
  const pictures = index.pictures.filter((p) => p.split === 'ood' || p.split === 'forgotten')
  const { features, dim } = await featuresOf(
    pictures.map((p) => ({ file: join(dir, p.file), label: p.class })),
    cache,
  )
  const drawn = [...new Set(pictures.map((p) => p.concept))]
  return {
    name: broad ? 'five hands, broad' : 'five hands',
    classes: broad ? names.length : index.classes.length,
    dim,
    features,
    truth: Int32Array.from(pictures, (p) => classOfPicture(p.class)),
    divided: (seed) => {
      const classOf = new Map(pictures.map((p) => [p.concept, p.class]))
      const side = thirds(
        drawn.map((c) => classOf.get(c)!),
        seed,
      )
      const test = new Set(drawn.filter((_, i) => side[i] === 1))
      return bySide(pictures.map((p) => test.has(p.concept)))
    },
  }
}

/** Handwritten digits, 8 × 8 pixels (digits.py). Nano has never seen handwriting. */
export async function digitsSet(): Promise<HiddenSet> {
  const text = gunzipSync(readFileSync(join(programRoot, 'test', 'bench', 'digits.json.gz'))).toString()
  const { labels, pixels } = JSON.parse(text) as { labels: string; pixels: string }
  const truth = Int32Array.from(labels, Number)
  const grey = Buffer.from(pixels, 'base64')
  const folder = mkdtempSync(join(tmpdir(), 'dashi-digits-'))
  try {
    const items = await Promise.all(
      [...truth].map(async (label, i) => {
        const file = join(folder, `${i}.png`)
        const raw = grey.subarray(64 * i, 64 * i + 64).map((v) => Math.min(255, 16 * v))
        const upscaled = sharp(raw, { raw: { width: 8, height: 8, channels: 1 } }).resize(96, 96, { kernel: 'cubic' })
        await upscaled.toColourspace('srgb').png().toFile(file)
        return { file, label }
      }),
    )
    const { features, dim } = await featuresOf(items)
    return {
      name: 'digits',
      classes: 10,
      dim,
      features,
      truth,
      divided: (seed) => bySide([...thirds([...truth], seed)].map((s) => s === 1)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** 0 for what may be labelled, 1 for a third that is measured on; stratified. */
const thirds = (labels: readonly number[], seed: number): Int32Array =>
  stratify(
    labels.map((label) => ({ size: 1, labels: new Map([[label, 1]]) })),
    [2 / 3, 1 / 3],
    { seed },
  )

const bySide = (test: readonly boolean[]) => ({
  pool: Int32Array.from([...test.keys()].filter((i) => !test[i])),
  test: Int32Array.from([...test.keys()].filter((i) => test[i])),
})
