/** Fine-tuning a detector on regions: what it learns, what it trains, and that it can be stopped. */
import { cpSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { Item, TrainJob } from '#shared/model/job.ts'
import { Renderers } from '../../../src-main/engine/data/renderers.ts'
import { evaluateJob } from '../../../src-main/engine/jobs/evaluate.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { readRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { readHead, WORDS_FILE } from '../../../src-main/engine/weights/head.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

/** A detector with random weights that sees 24 × 24 pixels as nine patches. */
const OWL = goldenPath('families/owlvit')
const classes = [{ name: 'red' }, { name: 'blue' }]
const quiet = { onProgress: () => undefined, isCancelled: () => false }
let dir: string
let base: Model
let splits: Record<'train' | 'val', Item[]>

/** A red and a blue block on grey, never one on the other. */
async function scene(name: string, i: number): Promise<Item> {
  const side = 12 + (i % 3) * 2
  const [x, y] = [2 + ((i * 5) % 8), 2 + ((i * 7) % 30)]
  const boxes = [x, x + 24].map((left, k) => ({ class: i % 2 ? 1 - k : k, box: { x: left, y, w: side, h: side } }))
  const blocks = boxes.map(
    ({ class: c, box: b }) => `<rect x="${b.x}" y="${b.y}" width="${b.w}" height="${b.h}" fill="${c ? '#1030e0' : '#e01020'}"/>`,
  )
  const file = path.join(dir, `${name}-${i}.png`)
  await sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48"><rect width="48" height="48" fill="#999"/>${blocks.join('')}</svg>`,
    ),
  )
    .png()
    .toFile(file)
  return { file, label: 0, boxes }
}

beforeAll(async () => {
  dir = temporaryFolder()
  base = await openModel(OWL)
  const made = (name: string, from: number, n: number) => Promise.all(Array.from({ length: n }, (_, i) => scene(name, from + i)))
  splits = { train: await made('train', 0, 12), val: await made('val', 100, 8) }
})
afterAll(() => base.close())

const job = (name: string, settings: TrainJob['settings']): TrainJob => ({
  kind: 'train',
  model: OWL,
  out: path.join(dir, name),
  recipe: 'detect-ft',
  settings: { epochs: 60, batchSize: 4, lr: 1e-2, augmentation: 'none', ...settings },
  seed: 1,
  device: 'cpu',
  classes,
  templates: null,
  splits,
  dataHash: null,
  cache: path.join(dir, 'cache'),
  saveEverySeconds: 0,
})
const scoresOf = (measured: Awaited<ReturnType<typeof evaluateJob>>['measured']) =>
  (measured.task === 'detect' ? measured.splits['val']! : undefined)!

/** The parts of the model that have changed. */
async function changed(checkpoint: string): Promise<string[]> {
  const tuned = await openModel(checkpoint)
  const names = tuned.weights.names().filter((name) => tuned.weights.float32(name).some((x, i) => x !== base.weights.float32(name)[i]))
  tuned.close()
  return [...new Set(names.map((name) => base.tensors.get(name)!.part))].sort()
}

test('finds held-out regions better after a few of them were shown', async () => {
  const task = {
    kind: 'evaluate' as const,
    task: 'detect',
    checkpoint: OWL,
    device: 'cpu',
    classes,
    splits: { val: splits.val },
    cache: dir,
  }
  const before = scoresOf((await evaluateJob(task, quiet)).measured)
  const { measured, loss, checkpoint } = await runJob(job('all', {}), quiet)
  const after = scoresOf(measured)
  expect(before.metrics['ap50']!).toBeLessThan(0.2)
  expect(after.metrics['ap50']!).toBeGreaterThan(0.4)
  expect(after).toMatchObject({
    n: 8,
    regions: 16,
    labels: [
      { label: 'red', regions: 8 },
      { label: 'blue', regions: 8 },
    ],
  })
  expect(loss.at(-1)!).toBeLessThan(0.5 * loss[0]!)
  expect(await changed(checkpoint)).toEqual(['head', 'image'])
})

test('the heads alone, or with low-rank matrices beside the tower', async () => {
  const few = { epochs: 2 }
  const heads = await runJob(job('heads', { ...few, trains: 'heads' }), quiet)
  expect(await changed(heads.checkpoint)).toEqual(['head'])
  const lora = await runJob(job('lora', { ...few, trains: 'lora', r: 2 }), quiet)
  expect(await changed(lora.checkpoint)).toEqual(['head', 'image'])
  expect(lora.loss[0]).toBe(heads.loss[0]) // the matrices start at nothing
})

test('stopped and taken up again is bit for bit what it is in one go', async () => {
  const settings = { epochs: 3, augmentation: 'light' }
  const whole = await runJob(job('whole', settings), quiet)
  let steps = 0
  const stopping = { onProgress: ({ phase }: { phase: string }) => void (phase === 'training' && steps++), isCancelled: () => steps >= 4 }
  await expect(runJob(job('parts', settings), stopping)).rejects.toThrow('cancelled')
  const parts = await runJob(job('parts', settings), quiet)
  expect(parts.loss).toEqual(whole.loss)
})

/** The detector with a model beside it that names what it finds. */
function partnered(): string {
  const folder = path.join(dir, 'partnered')
  cpSync(OWL, folder, { recursive: true })
  cpSync(TINY_CLIP, path.join(dir, 'namer'), { recursive: true })
  const fingerprint = 'ab'.repeat(32)
  const record = {
    ...{ format: 1, dashi: '0', created: new Date(0).toISOString(), base: null, recipe: null, seed: null, dataHash: null, device: null },
    ...{ metrics: {}, templates: ['{}'], classes: [] },
  }
  const partners = { names: { path: '../namer', fingerprint }, others: ['tree'] }
  writeFileSync(path.join(dir, 'namer', 'dashi.json'), JSON.stringify({ ...record, fingerprint }))
  writeFileSync(path.join(folder, 'dashi.json'), JSON.stringify({ ...record, partners }))
  return folder
}

test('what has a partner that names things brings it along, and learns what labels look like beside its words', async () => {
  const model = partnered()
  const { notes, checkpoint, measured } = await runJob({ ...job('named', {}), model }, quiet)
  expect(notes['named']).toBeGreaterThan(0.9)
  expect(notes['namedBefore']).toBeLessThan(0.8)
  expect(scoresOf(measured).metrics['ap50']!).toBeGreaterThan(0.4)
  expect(readRecord(checkpoint).partners).toMatchObject({ names: { path: 'partners/names' }, others: ['tree'] })

  // By itself elsewhere, and blended with itself, it finds the same.
  const soup = path.join(dir, 'soup')
  await mergeCheckpoints({ method: { name: 'uniform' }, ingredients: [checkpoint, checkpoint], out: soup })
  const moved = path.join(temporaryFolder(), 'moved')
  renameSync(checkpoint, moved)
  const evaluated = { kind: 'evaluate' as const, task: 'detect', device: 'cpu', classes, splits: { val: splits.val }, cache: dir }
  for (const of of [moved, soup])
    expect(scoresOf((await evaluateJob({ ...evaluated, checkpoint: of }, quiet)).measured).metrics['ap50']).toBeCloseTo(
      scoresOf(measured).metrics['ap50']!,
      2,
    )
})

test('blended with the detector that it was made from, half of what the labels’ words add is left', async () => {
  const base = partnered()
  const { checkpoint } = await runJob({ ...job('taught', { trains: 'words' }), model: base }, quiet)
  const words = (of: string) => readHead(of, WORDS_FILE)
  const temporary = () => readdirSync(tmpdir()).filter((name) => name.startsWith('dashi-zeros-'))
  const before = temporary()
  for (const [name, ingredients] of [
    ['first', [base, checkpoint]],
    ['last', [checkpoint, base]],
  ] as const) {
    const out = path.join(dir, `half ${name}`)
    await mergeCheckpoints({ method: { name: 'wise-ft', alpha: 0.5 }, ingredients, out })
    expect(words(out).classes).toEqual(words(checkpoint).classes)
    expect(words(out).weight).toEqual(words(checkpoint).weight.map((x) => x / 2))
    expect(words(checkpoint).weight.some((x) => x !== 0)).toBe(true)
  }
  expect(temporary()).toEqual(before)
})

test('images are read by the run’s threads, while a step blocks its own', async () => {
  const read = vi.spyOn(Renderers.prototype, 'decode')
  const train = await Promise.all([0, 1, 2, 3].map((i) => scene('unseen', i)))
  await runJob({ ...job('threads', { epochs: 1 }), splits: { train } }, quiet)
  expect(new Set(read.mock.calls.map(([file]) => file))).toEqual(new Set(train.map(({ file }) => file)))
  read.mockRestore()
})

test('the words of labels alone leave the detector as it is; without a partner there are none', async () => {
  const { checkpoint, loss } = await runJob({ ...job('words', { trains: 'words' }), model: partnered() }, quiet)
  expect(loss).toEqual([])
  expect(await changed(checkpoint)).toEqual([])
  await expect(runJob(job('none', { trains: 'words' }), quiet)).rejects.toThrow('only for a detector with a partner')
})

test('a class number that is none, and a model that detects nothing, are one line', async () => {
  const strange = { ...job('strange', {}), classes: classes.slice(0, 1) }
  await expect(runJob(strange, quiet)).rejects.toThrow('label 1: expected the number of one of 1 classes')
  await expect(runJob({ ...job('clip', {}), model: goldenPath('clip/quick') }, quiet)).rejects.toThrow('recipe detect-ft: ')
  await expect(
    evaluateJob({ kind: 'evaluate', task: 'draw', checkpoint: OWL, device: 'cpu', classes, splits, cache: dir }, quiet),
  ).rejects.toThrow('unknown task "draw": there are classify, detect')
})
