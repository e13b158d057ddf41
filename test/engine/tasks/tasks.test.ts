/** Tasks: what they take from annotations, which examples they draw, and what they lose by. */
import { describe, expect, it } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { wordsSchema } from '#shared/model/words.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { classify } from '../../../src-main/engine/tasks/classify.ts'
import { contrast } from '../../../src-main/engine/tasks/contrast.ts'
import { shuffled } from '../../../src-main/engine/tasks/examples.ts'
import { maskLoss, segment } from '../../../src-main/engine/tasks/segment.ts'
import { tasks } from '../../../src-main/engine/tasks/tasks.ts'

it('each is known by its id and says what it is', () => {
  for (const [id, task] of Object.entries(tasks)) {
    expect(task.id).toBe(id)
    wordsSchema.parse(task.title)
    expect(task.needs).toContain('embedImage')
  }
})

describe('targets', () => {
  it('of classification is the single class of an image; none or several give no target', () => {
    expect(classify.target({ labels: [2] })).toEqual({ kind: 'class', class: 2 })
    expect(classify.target({ labels: [2, 0] })).toBeNull()
    expect(classify.target({ labels: [] })).toBeNull()
    expect(classify.target({ captions: ['a cat'] })).toBeNull()
  })

  it('of contrast are an image’s captions', () => {
    expect(contrast.target({ captions: ['a cat', 'a pet'], group: 3 })).toEqual({ kind: 'words', texts: ['a cat', 'a pet'], group: 3 })
    expect(contrast.target({ labels: [1] })).toBeNull()
  })
})

describe('examples', () => {
  it('come once an epoch, in another order each, the same for the same seed', () => {
    const drawn = shuffled(12, { batchSize: 2, accumulate: 3, seed: 1 })
    expect(drawn).toMatchObject({ batch: 2, accumulate: 3, perEpoch: 2 })
    const epoch = (e: number, of = drawn) => [0, 1].flatMap((s) => [0, 1, 2].flatMap((micro) => of.rows(2 * e + s, micro)))
    for (const e of [0, 1]) expect([...epoch(e)].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i))
    expect(epoch(0)).not.toEqual(epoch(1))
    expect(epoch(1)).toEqual(epoch(1, shuffled(12, { batchSize: 2, accumulate: 3, seed: 1 })))
    expect(epoch(0)).not.toEqual(epoch(0, shuffled(12, { batchSize: 2, accumulate: 3, seed: 2 })))
    expect([0, 1, 2, 3].map((step) => drawn.epochOf(step))).toEqual([0, 0, 1, 1])
  })

  it.each([
    [5, 8, 4, { batch: 5, accumulate: 1, perEpoch: 1 }],
    [7, 2, 8, { batch: 2, accumulate: 3, perEpoch: 1 }],
    [7, 2, 1, { batch: 2, accumulate: 1, perEpoch: 3 }],
  ])('of %i, %i a batch and %i batches an update take no more than there are', (n, batchSize, accumulate, expected) => {
    expect(shuffled(n, { batchSize, accumulate, seed: 0 })).toMatchObject(expected)
  })
})

describe('losses', () => {
  it('of contrast leave out pairs of one group, though −1 is none', async () => {
    const loss = async (groups: number[]) => {
      const b = groups.length
      const graph = new Graph()
      const logits = graph.input('logits', 'float32', [b, b])
      graph.output('loss', contrast.loss(logits, contrast.inputs(graph, b)))
      graph.output('own', contrast.metrics(logits, {} as never)['ownText']!)
      const session = await Session.create(graph)
      const feeds = contrast.feeds(groups.map((group) => ({ kind: 'words', texts: [], group })))
      const out = await session.run({ logits: tensor(Float32Array.of(2, 9, 0, 1, 3, 0, 0, 1, 1), 'float32', [3, 3]), ...feeds })
      await session.release()
      return [(out['loss']!.data as Float32Array)[0]!, (out['own']!.data as Float32Array)[0]!]
    }
    const entropy = (own: number, others: number[]) => Math.log([own, ...others].reduce((s, x) => s + Math.exp(x), 0)) - own
    const rows = [entropy(2, [9, 0]), entropy(3, [1, 0]), entropy(1, [0, 1])]
    const columns = [entropy(2, [1, 0]), entropy(3, [9, 1]), entropy(1, [0, 0])]
    const mean = (x: number[]) => x.reduce((a, b) => a + b) / x.length
    const [all, own] = await loss([-1, -1, 4])
    expect(all).toBeCloseTo((mean(rows) + mean(columns)) / 2, 5)
    expect(own).toBeCloseTo(1 / 3, 6) // only the second image is most like its own text
    const [apart] = await loss([7, 7, 4])
    const without = [entropy(2, [0]), entropy(3, [0]), rows[2]!, entropy(2, [0]), entropy(3, [1]), columns[2]!]
    expect(apart).toBeCloseTo(mean(without), 5)
  })

  it('of classification are the mean cross-entropy, and accuracy the share of right ones', async () => {
    const graph = new Graph()
    const logits = graph.input('logits', 'float32', [2, 2])
    const inputs = classify.inputs(graph, 2)
    graph.output('loss', classify.loss(logits, inputs))
    graph.output('accuracy', classify.metrics(logits, inputs)['accuracy']!)
    const session = await Session.create(graph)
    const feeds = classify.feeds([
      { kind: 'class', class: 0 },
      { kind: 'class', class: 0 },
    ])
    const out = await session.run({ logits: tensor(Float32Array.of(2, 0, -1, 1), 'float32', [2, 2]), ...feeds })
    await session.release()
    expect((out['loss']!.data as Float32Array)[0]).toBeCloseTo((Math.log(1 + Math.exp(-2)) + Math.log(1 + Math.exp(2))) / 2, 5)
    expect((out['accuracy']!.data as Float32Array)[0]).toBe(0.5)
  })
})

describe('segmentation', () => {
  it('takes the masks of an image, and nothing of one without any', () => {
    const mask = { class: 1, mask: rleFromBitmap([1, 0, 0, 1], 2, 2) }
    expect(segment.target({ masks: [mask] })).toEqual({ kind: 'masks', masks: [mask] })
    expect(segment.target({ masks: [] })).toBeNull()
    expect(segment.target({ boxes: [{ class: 0, box: { x: 0, y: 0, w: 1, h: 1 } }] })).toBeNull()
  })

  it('loses by dice, and twice by the pixels’ cross-entropy; an empty mask counts too', async () => {
    const graph = new Graph()
    const { loss } = maskLoss(graph.input('logits', 'float32', [2, 1, 2]), graph.input('wanted', 'float32', [2, 1, 2]))
    graph.output('loss', loss)
    const session = await Session.create(graph)
    const logits = [0, 0, -2, -1]
    const wanted = [1, 0, 0, 0]
    const feeds = {
      logits: tensor(Float32Array.from(logits), 'float32', [2, 1, 2]),
      wanted: tensor(Float32Array.from(wanted), 'float32', [2, 1, 2]),
    }
    const out = await session.run(feeds)
    await session.release()
    const p = logits.map((x) => 1 / (1 + Math.exp(-x)))
    const overlap = [1 - (2 * p[0]! + 1) / (p[0]! + p[1]! + 1 + 1), 1 - 1 / (p[2]! + p[3]! + 1)]
    const pixelwise = p.map((x, i) => -Math.log(wanted[i] ? x : 1 - x))
    const mean = (x: number[]) => x.reduce((a, b) => a + b) / x.length
    expect((out['loss']!.data as Float32Array)[0]).toBeCloseTo(mean(overlap) + 2 * mean(pixelwise), 5)
  })
})
