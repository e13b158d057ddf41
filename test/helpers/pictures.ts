import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll } from 'vitest'
import type { Item, TrainJob } from '#shared/model/job.ts'
import { goldenPath } from './golden.ts'

/** A small CLIP with random weights, written by `transformers`. */
export const TINY_CLIP = goldenPath('clip/quick')

/** A folder that is removed at the end of the test file. */
export function temporaryFolder(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-test-'))
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))
  return dir
}

export const CLASSES = ['circle', 'square', 'stripes']
const SPLITS = { train: 12, val: 6, heldOut: 6, id: 6, ood: 6 }
const drawn = [
  (c: string) => `<circle cx="20" cy="20" r="13" fill="${c}"/>`,
  (c: string) => `<rect x="8" y="8" width="24" height="24" fill="${c}"/>`,
  (c: string) => [4, 14, 24, 34].map((y) => `<rect x="0" y="${y}" width="40" height="5" fill="${c}"/>`).join(''),
]

/** Writes images of three shapes, some transparent, as PNG files below `dir`: items by split, with alternating classes. */
export async function shapePictures(dir: string): Promise<Record<keyof typeof SPLITS, Item[]>> {
  const splits = Object.entries(SPLITS).map(async ([split, n], s) => {
    fs.mkdirSync(path.join(dir, split), { recursive: true })
    const items = Array.from({ length: n }, async (_, i): Promise<Item> => {
      const label = i % CLASSES.length
      const hue = (s * 97 + i * 41) % 360
      const ground = i % 2 ? '' : `<rect width="40" height="40" fill="hsl(${(hue + 120) % 360},60%,80%)"/>`
      const file = path.join(dir, split, `${CLASSES[label]}-${i}.png`)
      await sharp(
        Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40">${ground}${drawn[label]!(`hsl(${hue},70%,45%)`)}</svg>`,
        ),
      )
        .png()
        .toFile(file)
      return { file, label }
    })
    return [split, await Promise.all(items)] as const
  })
  return Object.fromEntries(await Promise.all(splits)) as Record<keyof typeof SPLITS, Item[]>
}

/** A fine-tuning job for the small CLIP on these images; pass only what the test is about. */
export const shapesJob = (splits: TrainJob['splits'], job: Partial<TrainJob> & Pick<TrainJob, 'out' | 'cache'>): TrainJob => ({
  kind: 'train',
  model: TINY_CLIP,
  recipe: 'ft',
  settings: { epochs: 4, batchSize: 4, lr: 1e-3 },
  seed: 1,
  device: 'cpu',
  classes: CLASSES.map((name) => ({ name })),
  templates: null,
  splits,
  dataHash: null,
  saveEverySeconds: 0,
  ...job,
})

/** All files below a folder with their bytes, by relative path. */
export function filesOf(dir: string): Record<string, string> {
  if (!fs.existsSync(dir)) return {}
  const names = fs.readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((f) => fs.statSync(path.join(dir, f)).isFile())
  return Object.fromEntries(names.sort().map((name) => [name, fs.readFileSync(path.join(dir, name)).toString('base64')]))
}
