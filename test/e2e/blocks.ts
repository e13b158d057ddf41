/** Photographs of coloured blocks, as a camera saves them, and a small detector that half knows them. */
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject } from '../../src-main/app/projects/index.ts'
import { runJob } from '../../src-main/engine/jobs/run-job.ts'
import type { Item } from '../../src-shared/model/job.ts'
import { goldenPath } from '../helpers/golden.ts'
import { type SmallProject, smallProject } from './project.ts'

const side = 192
const names = ['red', 'blue']
/** A red and a blue block on grey, never one on the other. */
export function blocksOn(i: number) {
  const w = 48 + (i % 3) * 8
  const [x, y] = [8 + ((i * 20) % 32), 8 + ((i * 28) % 120)]
  return [x, x + 96].map((left, k) => ({ class: i % 2 ? 1 - k : k, box: { x: left, y, w, h: w } }))
}

/** A JPEG whose pixels are upside down, as its EXIF says. */
async function photograph(file: string, i: number): Promise<void> {
  const blocks = blocksOn(i).map(
    ({ class: c, box: b }) => `<rect x="${b.x}" y="${b.y}" width="${b.w}" height="${b.h}" fill="${c ? '#1030e0' : '#e01020'}"/>`,
  )
  const size = `width="${side}" height="${side}"`
  const drawn = `<svg xmlns="http://www.w3.org/2000/svg" ${size}><rect ${size} fill="#999"/>${blocks.join('')}</svg>`
  await sharp(Buffer.from(drawn)).flatten().rotate(180).jpeg({ quality: 92 }).withMetadata({ orientation: 3 }).toFile(file)
}

/**
 * `photo 00.jpg` …: the first are to be trained on, two in four of them labelled by a person; the others, all labelled, are
 * for testing.
 */
export async function blocks(train: number, test: number): Promise<SmallProject> {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-blocks-'))
  mkdirSync(join(folder, 'media'))
  const project = createProject(folder, { name: 'Blocks' })
  addLabels(
    project,
    names.map((name) => ({ name })),
  )
  const records = await Promise.all(
    Array.from({ length: train + test }, async (_, i) => {
      const fileName = `photo ${String(i).padStart(2, '0')}.jpg`
      await photograph(join(folder, 'media', fileName), i)
      const regions = blocksOn(i).map(({ class: c, box }) => ({ label: names[c]!, shape: { kind: 'box' as const, ...box } }))
      return { fileName, width: side, height: side, split: i < train ? 'train' : 'test', ...(i >= train || i % 4 > 1 ? { regions } : {}) }
    }),
  )
  addRecords(project, records)
  project.close()
  return smallProject(folder)
}

/** A detector of 24 × 24 pixels that saw a few such photographs a few times. */
export async function beginner(folder: string, epochs = 25): Promise<string> {
  const pictures = join(folder, 'lessons')
  mkdirSync(pictures, { recursive: true })
  const train = await Promise.all(
    Array.from({ length: 12 }, async (_, i): Promise<Item> => {
      const file = join(pictures, `${i}.jpg`)
      await photograph(file, 100 + i)
      return { file, label: 0, boxes: blocksOn(100 + i) }
    }),
  )
  const { checkpoint } = await runJob(
    {
      kind: 'train',
      model: goldenPath('families/owlvit'),
      out: join(folder, 'beginner'),
      recipe: 'detect-ft',
      settings: { epochs, batchSize: 4, lr: 1e-2, augmentation: 'none' },
      seed: 1,
      device: 'cpu',
      classes: names.map((name) => ({ name })),
      templates: null,
      splits: { train },
      dataHash: null,
      cache: join(folder, 'cache'),
      saveEverySeconds: 60,
    },
    { onProgress: () => undefined, isCancelled: () => false },
  )
  return checkpoint
}
