/** A step whose numbers are not finite is undone, and says which tensor is to blame. */
import { describe, expect, test } from 'vitest'
import type { Graph } from '../../../src-main/engine/graph/graph.ts'
import { add, mul, reduceSum, sqrt, square } from '../../../src-main/engine/ops/index.ts'
import { sgd } from '../../../src-main/engine/optim/optimizer.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import { Trainer, type TrainOptions } from '../../../src-main/engine/runtime/train.ts'

/** The loss Σ(x·a)² + Σ√(b + y): for b + y = 0 finite, with an infinite gradient. */
const task = {
  build(graph: Graph) {
    const [a, b] = ['a', 'b'].map((name) => graph.input(`w:${name}`, 'float32', [2]))
    const x = graph.input('x', 'float32', [2])
    const loss = add(reduceSum(square(mul(x, a!))), reduceSum(sqrt(add(b!, graph.input('y', 'float32', [2])))))
    return { loss, parameters: ['a', 'b'].map((name) => ({ name, shape: [2], decay: false })) }
  },
}
const vector = (...values: number[]) => tensor(Float32Array.from(values), 'float32', [2])
const fine = { x: vector(1, 1), y: vector(3, 3) }
const start = (options: Partial<TrainOptions> = {}) =>
  Trainer.create(task, () => Float32Array.of(1, 1), {
    optimizer: sgd({ momentum: 0.9, weightDecay: 0 }),
    session: { threads: 1 },
    ...options,
  })

describe.each([{}, { clipNorm: 1 }, { accumulate: 2 }, { accumulate: 2, clipNorm: 1, ema: 0.9 }])('with %o', (options) => {
  test('state and number of steps are those before, and the next step is the one that it would have been', async () => {
    const [trainer, undisturbed] = [await start(options), await start(options)]
    const once = async (of: Trainer, batch: typeof fine) => {
      for (let micro = 0; micro < (options.accumulate ?? 1); micro++) {
        const metrics = await of.step(batch, 0.1)
        if (of.fault) return metrics
      }
      return undefined
    }
    await once(trainer, fine)
    await once(undisturbed, fine)
    const before = await trainer.snapshot()
    await once(trainer, { ...fine, y: vector(-before.get('w:b')![0]!, 3) })
    expect(trainer.fault).toEqual({ kind: 'gradient', tensor: 'b', bad: 1, of: 2 })
    expect(await trainer.snapshot()).toEqual(before)
    const { loss } = (await once(trainer, { ...fine, x: vector(1, Infinity) }))!
    expect([loss, trainer.fault]).toEqual([Infinity, { kind: 'loss', tensor: 'a', bad: 1, of: 2 }])
    expect([await trainer.snapshot(), trainer.steps]).toEqual([before, 1])
    await once(trainer, fine)
    await once(undisturbed, fine)
    expect(trainer.fault).toBeUndefined()
    expect(await trainer.snapshot()).toEqual(await undisturbed.snapshot())
    await trainer.release()
    await undisturbed.release()
  })
})

test('a weight that an update drove beyond the largest number is blamed, not the gradients that follow', async () => {
  const trainer = await start()
  await trainer.step(fine, 3e38)
  expect(trainer.fault).toBeUndefined()
  await trainer.step(fine, 0.1)
  expect(trainer.fault).toMatchObject({ kind: 'weight', tensor: 'a' })
  await trainer.release()
})
