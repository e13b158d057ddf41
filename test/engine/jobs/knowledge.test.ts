/** What a training gained and forgot: measured for its base and its result, and never at the cost of the training. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type Item, predictionsOf, type TrainJob } from '#shared/model/job.ts'
import { isLargeLoss, type Knowledge, keptOf, type KnowledgeSet, largeLosses } from '#shared/model/knowledge.ts'
import { changeOf } from '../../../src-main/engine/jobs/knowledge.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { recipes } from '../../../src-main/engine/recipes/recipes.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: Record<'train' | 'val' | 'heldOut' | 'id' | 'ood', Item[]>
let asked: KnowledgeSet
let n = 0
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const others = ['hill', 'moon', 'lamp'].map((name) => ({ name }))
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  const texts = ['a red ring', 'a blue box', 'green bars', 'a yellow ring', 'a pink box', 'grey bars']
  asked = {
    outside: { of: 'project', classes: others, items: splits.ood },
    captions: splits.heldOut.map((item, i) => ({ ...item, captions: [texts[i]!] })),
  }
})
const train = (more: Partial<TrainJob> = {}) =>
  runJob(
    shapesJob(
      { train: splits.train, val: splits.val, id: splits.id },
      {
        ...{ out: path.join(dir, `out-${n++}`), cache: path.join(dir, 'cache'), settings: { epochs: 2, batchSize: 6, lr: 3e-2 } },
        ...{ knowledge: asked, ...more },
      },
    ),
    quiet,
  )
const evaluate = async (checkpoint: string, task: string, items: readonly Item[], classes: { name: string }[]) =>
  (
    await runJob(
      {
        ...{ kind: 'evaluate', task, checkpoint, zeroShot: true, device: 'cpu', classes, cache: path.join(dir, 'other-cache') },
        splits: { x: [...items] },
      },
      quiet,
    )
  ).measured

test('fine-tuning reports gain and loss as evaluating the base and the result does', async () => {
  const { knowledge, checkpoint, measured } = await train()
  expect(knowledge!.kind).toBe('measured')
  const { gain, outside, texts, images } = knowledge as Extract<Knowledge, { kind: 'measured' }>
  for (const [of, dirOf] of [
    ['before', TINY_CLIP],
    ['after', checkpoint],
  ] as const) {
    expect(outside![of]).toBe(predictionsOf(await evaluate(dirOf, 'classify', splits.ood, others))['x']!.accuracy)
    const retrieval = await evaluate(dirOf, 'contrast', asked.captions!, [])
    expect(retrieval.task === 'contrast' && retrieval.splits['x']).toMatchObject({
      texts: { recallAt1: texts![of] },
      images: { recallAt1: images![of] },
    })
  }
  expect(outside).toMatchObject({ of: 'project', classes: 3, n: 6 })
  expect(gain).toMatchObject({ split: 'id', n: 6, after: predictionsOf(measured)['id']!.accuracy })
  const zero = predictionsOf(
    await evaluate(
      TINY_CLIP,
      'classify',
      splits.id,
      ['circle', 'square', 'stripes'].map((name) => ({ name })),
    ),
  )
  expect(gain!.before).toBe(zero['x']!.accuracy)
  for (const of of [gain!, outside!, texts!, images!]) {
    expect(of.change).toBeCloseTo(of.after - of.before, 12)
    expect(of.interval[0]).toBeLessThanOrEqual(of.change)
    expect(of.interval[1]).toBeGreaterThanOrEqual(of.change)
  }
  expect(texts!.n).toBe(6)
})

test('what is not asked for is not measured, nor of a model that reads no texts', async () => {
  expect((await train({ knowledge: undefined })).knowledge).toBeUndefined()
  const vit = goldenPath('families/dinov2')
  expect((await train({ model: vit, settings: { epochs: 1, head: 'random' } })).knowledge).toBeUndefined()
})

test('a picture that cannot be read costs the figure, not the training', async () => {
  const gone = [{ file: path.join(dir, 'gone.png'), label: 0 }]
  const { knowledge, checkpoint } = await train({ knowledge: { outside: { ...asked.outside!, items: gone } } })
  expect(knowledge).toMatchObject({ kind: 'failed' })
  expect((knowledge as { problem: string }).problem).toContain('gone.png')
  expect(fs.existsSync(path.join(checkpoint, 'model.safetensors'))).toBe(true)
})

describe('a recipe changes a tower unless it says that it leaves them alone', () => {
  const all = recipes.filter((r) => r.task === 'classify' && r.needs.every((need) => need === 'embedImage' || need === 'embedText'))
  test.each(all.map((r) => [r.id, r] as const))('%s', async (recipe, record) => {
    const small = { epochs: 1, batchSize: 6, cCount: 2, views: 1, lr: 1e-2, labels: 'ignored' }
    const settings = Object.fromEntries(Object.entries(small).filter(([key]) => key in record.settings.shape))
    const { knowledge } = await train({ recipe, settings })
    expect(knowledge!.kind).toBe(record.leavesTowers ? 'unchanged' : 'measured')
  })
})

describe('a change', () => {
  const right = (k: number, of = 100) => Uint8Array.from({ length: of }, (_, i) => Number(i < k))
  test('has the paired interval of its examples', () => {
    const same = changeOf(right(40), right(40))
    expect(same).toEqual({ n: 100, before: 0.4, after: 0.4, change: 0, interval: [0, 0] })
    const { change, interval } = changeOf(right(60), right(40))
    expect(change).toBeCloseTo(-0.2, 12)
    // 20 of 100 pairs fall: ± 1.96 · √(0.2 · 0.8 / 100) = ± 0.078.
    expect(interval[0]).toBeCloseTo(-0.278, 1.7)
    expect(interval[1]).toBeCloseTo(-0.122, 1.7)
  })
  test('is a large loss only if its whole interval is below −5 points', () => {
    expect(isLargeLoss(changeOf(right(60), right(40)))).toBe(true)
    expect(isLargeLoss(changeOf(right(60), right(55)))).toBe(false)
    expect(isLargeLoss(changeOf(right(40), right(60)))).toBe(false)
    const measured: Knowledge = {
      kind: 'measured',
      gain: { split: 'id', ...changeOf(right(90), right(10)) },
      texts: changeOf(right(60), right(40)),
    }
    expect(largeLosses(measured)).toEqual(['texts'])
    expect([keptOf(measured), keptOf({ kind: 'unchanged' }), keptOf(null)]).toEqual([measured.texts!.change, 0, null])
  })
})
