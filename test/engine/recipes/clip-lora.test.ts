/** LoRA of both towers with dropout, against PEFT (test/parity/engine/lora_both.py). */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { PixelStore } from '../../../src-main/engine/data/cache.ts'
import { Images } from '../../../src-main/engine/data/images.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { eosIndex } from '../../../src-main/engine/models/clip.ts'
import { weightOf } from '../../../src-main/engine/models/modules.ts'
import { ClassTexts } from '../../../src-main/engine/recipes/class-texts.ts'
import { DropPath } from '../../../src-main/engine/recipes/drop-path.ts'
import { Dropout } from '../../../src-main/engine/recipes/dropout.ts'
import { newLowRank } from '../../../src-main/engine/recipes/low-rank.ts'
import { overlay } from '../../../src-main/engine/recipes/overlay.ts'
import { readAdapter } from '../../../src-main/engine/recipes/records/lora.ts'
import type { Run } from '../../../src-main/engine/recipes/run.ts'
import { paramsOf, type TuningStep, tuningTask } from '../../../src-main/engine/recipes/tuning-step.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { imageFeatures, zeroShotHead } from '../../../src-main/engine/tasks/embed.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, ints, largestDifference, normError } from '../../helpers/golden.ts'
import { CLASSES } from '../../helpers/pictures.ts'
import { quiet, recipeJobs, resumesToTheBit } from '../../helpers/recipe-jobs.ts'

interface Answer {
  readonly loss: number
  readonly gradients: Record<string, GoldenTensor>
}
const reference = golden<
  Record<'pixels' | 'labels' | 'ids', GoldenTensor> & {
    readonly rate: number
    readonly parameters: number
    readonly plain: Answer
    readonly dropped: Answer
    readonly masks: Record<string, GoldenTensor>
  }
>('lora-both.json')
const ADAPTER = goldenPath('lora-both')

const jobs = recipeJobs('clip-lora', { epochs: 6, lr: 2e-2 })
const { job } = jobs
const classes = CLASSES.map((name) => ({ name }))

describe.each(['plain', 'dropped'] as const)('an adapter that PEFT saved, %s', (which) => {
  test('trains what PEFT trains in both towers, with its loss and gradients within 1e-3', async () => {
    const { base } = jobs
    const adapter = readAdapter(ADAPTER, base)
    const dropout = new Dropout(which === 'dropped' ? reference.rate : 0, 1)
    const [b, , height, width] = reference.pixels.shape as [number, number, number, number]
    const source = overlay(base.weights, adapter.tensors)
    const step: TuningStep = {
      ...{ model: base, source, adapter, dropout, classes: classes.length, size: { height, width }, perEpoch: 1 },
      ...{ settings: { labelSmoothing: 0, mix: 'none', distill: 'none' } as TuningStep['settings'], paths: new DropPath(0, 1) },
      ...{ isTrained: (name: string) => adapter.tensors.has(name), classWeights: undefined, mixer: undefined, teacher: undefined },
      texts: new ClassTexts({ model: base, o: { classes, templates: ['{}'] } } as unknown as Run, 'clip-lora'),
    }
    const graph = new Graph()
    const { loss, parameters } = tuningTask(step, b).build(graph)
    graph.output('loss', loss)
    const inputs = parameters.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
    gradients(loss, inputs).forEach((g, i) => graph.output(parameters[i]!.name, g))
    const session = await Session.create(graph)
    const [n, t] = reference.ids.shape as [number, number]
    const ends = Array.from({ length: n }, (_, i) => eosIndex(ints(reference.ids).subarray(i * t, (i + 1) * t), base.text!.vocabulary - 1))
    const found = await session.run({
      ...Object.fromEntries(parameters.map(({ name, shape }) => [`w:${name}`, tensor(source.float32(name), 'float32', shape)])),
      ...Object.fromEntries(dropout.places.map(({ module }, k): [string, Tensor] => [`drop:${k}`, feed(reference.masks[module]!)])),
      ...{ pixels: feed(reference.pixels), labels: feed(reference.labels), ids: feed(reference.ids) },
      at: tensor(Int32Array.from(ends), 'int32', [n]),
    })
    await session.release()
    const wanted = reference[which]
    expect(parameters.map(({ name }) => name).sort()).toEqual(Object.keys(wanted.gradients).sort())
    expect(parameters.reduce((sum, { shape }) => sum + shape.reduce((a, d) => a * d, 1), 0)).toBe(reference.parameters)
    expect(Math.abs((found['loss']!.data as Float32Array)[0]! / wanted.loss - 1)).toBeLessThanOrEqual(1e-4)
    for (const [name, g] of Object.entries(wanted.gradients))
      expect(normError(found[name]!.data as Float32Array, floats(g)), name).toBeLessThanOrEqual(1e-3)
  })
})

test('what PEFT saved is merged, written as it was, and its class names as they are then read are the classifier', async () => {
  const { checkpoint } = await runJob(job('merged', { adapter: ADAPTER, epochs: 0 }), quiet)
  const model = await openModel(checkpoint)
  const zero = await zeroShotHead(model, classes, model.templates)
  expect(largestDifference(model.head!.weight, zero.weight)).toBeLessThanOrEqual(1e-5)
  model.close()
  const [ours, theirs] = [path.join(checkpoint, 'adapter'), ADAPTER].map((dir) => ({
    config: JSON.parse(fs.readFileSync(path.join(dir, 'adapter_config.json'), 'utf8')),
    tensors: readAdapter(dir, jobs.base).tensors,
  }))
  expect(ours!.tensors).toEqual(theirs!.tensors)
  const { base_model_name_or_path: _, target_modules: modules, ...same } = ours!.config
  expect(theirs!.config).toMatchObject(same)
  expect(same['lora_dropout']).toBe(reference.rate)
  expect(modules).toHaveLength(12)
})

/** The tensors that a checkpoint has otherwise than the base. */
async function changedIn(checkpoint: string): Promise<string[]> {
  const model = await openModel(checkpoint)
  const changed = model.weights
    .names()
    .filter((name) => model.weights.float32(name).some((x, i) => x !== jobs.base.weights.float32(name)[i]))
  model.close()
  return changed
}

test('by CLIP-LoRA’s values it learns queries, keys and values of both towers, judged by the texts as they are read now', async () => {
  const { checkpoint, loss, notes, course } = await runJob(job('learned', { keep: 'best', epochs: 12 }), quiet)
  expect(loss.at(-1)!).toBeLessThan(0.9 * loss[0]!)
  expect(notes).toMatchObject({ modules: 12, r: 2, alpha: 1, parameters: reference.parameters })
  expect(await changedIn(checkpoint)).toEqual(jobs.base.weights.names().filter((name) => /\.[qkv]_proj\.weight$/.test(name)))
  const model = await openModel(checkpoint)
  const features = await imageFeatures(model, new Images([...jobs.splits['val']!], new PixelStore(0)))
  const { weight } = model.head!
  const said = jobs.splits['val']!.map((_, i) => {
    const scores = classes.map((__, c) =>
      weight.subarray(c * model.dim, (c + 1) * model.dim).reduce((s, w, d) => s + w * features[i * model.dim + d]!, 0),
    )
    return scores.indexOf(Math.max(...scores))
  })
  const right = said.filter((c, i) => c === jobs.splits['val']![i]!.label).length / said.length
  expect(course!.judged!.values[course!.judged!.best - 1]).toBeCloseTo(right, 6)
  expect(new Set(course!.judged!.values).size).toBeGreaterThan(1)
  model.close()
})

test('the text tower alone', async () => {
  const { checkpoint, loss } = await runJob(job('texts', { towers: 'text' }), quiet)
  expect(loss.at(-1)!).toBeLessThan(loss[0]!)
  expect(await changedIn(checkpoint)).toEqual(jobs.base.weights.names().filter((name) => /^text_model.*\.[qkv]_proj\.weight$/.test(name)))
})

test('stopped and taken up again is bit for bit what it is in one go', () => {
  const more: Partial<TrainJob> = { templates: ['a picture of a {}', 'a drawing of a {}', '{}'] }
  const settings = { accumulate: 2, batchSize: 3, augmentation: 'light' }
  return resumesToTheBit(job('whole', settings, more), job('parts', settings, more))
})

describe('dropout', () => {
  const x = (graph: Graph, name: string, rows: number) => graph.input(name, 'float32', [rows, 5, 7])
  const drawn = (rows: readonly number[], step = 3) => {
    const dropout = new Dropout(0.25, 4)
    dropout.begin()
    const graph = new Graph()
    dropout.of('a', x(graph, 'a', rows.length))
    dropout.of('b', x(graph, 'b', rows.length))
    return dropout.feeds(step, () => rows)
  }
  const bits = (feeds: Record<string, Tensor>, name: string) => [...(feeds[name]!.data as Uint8Array)]

  test('of a row is the same however a batch is divided, and another one for each step, row and layer', () => {
    const whole = drawn([8, 3])
    for (const place of ['drop:0', 'drop:1']) expect(bits(whole, place)).toEqual([...bits(drawn([8]), place), ...bits(drawn([3]), place)])
    const masks = [whole, drawn([8, 3], 4)].flatMap((feeds) =>
      ['drop:0', 'drop:1'].flatMap((place) => [bits(feeds, place).slice(0, 35).join(''), bits(feeds, place).slice(35).join('')]),
    )
    expect(new Set(masks).size).toBe(masks.length)
  })

  test('leaves out as much as it says', () => {
    const rows = Array.from({ length: 400 }, (_, i) => i)
    const kept = bits(drawn(rows), 'drop:0')
    // 14,000 elements: 4 standard errors
    expect(Math.abs(kept.reduce((a, b) => a + b, 0) / kept.length - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / kept.length))
  })

  test.each(['vit', 'deit', 'dinov2', 'dinov2-swiglu', 'siglip', 'siglip2', 'groupvit', 'swin'])(
    'reaches every layer that is adapted in %s',
    async (family) => {
      const model = await openModel(goldenPath(`families/${family}`))
      const form = { r: 1, alpha: 1, rslora: false, targets: 'all-linear', place: 'all', towers: 'image' } as const
      const adapter = newLowRank(model, form, { seed: 1, recipe: 'lora' })
      const trained = (dropout?: Dropout) => {
        const source = overlay(model.weights, adapter.tensors)
        const isTrained = (name: string) => adapter.tensors.has(name)
        const p = paramsOf({ model, source, isTrained, adapter, dropout }, new Graph(), true)
        model.image.embed(p, p.graph.input('pixels', 'float32', [2, 3, model.image.size, model.image.size]))
        return p.trainable.map(({ name }) => name).sort()
      }
      const dropout = new Dropout(0.1, 1)
      expect(trained(dropout)).toEqual(trained())
      expect(dropout.places.map(({ module }) => weightOf(module)).sort()).toEqual([...adapter.changes].sort())
      model.close()
    },
  )
})

describe('in one line is refused', () => {
  test('a classifier that starts at random where the class names are it', async () => {
    await expect(runJob(job('random', { head: 'random' }), quiet)).rejects.toThrow(
      'recipe clip-lora: head: with towers both the class names as the text tower reads them are the classifier',
    )
  })
  test('a text tower that there is not', async () => {
    const vit = { model: goldenPath('families/vit'), recipe: 'lora' }
    await expect(runJob(job('vit', { towers: 'both' }, vit), quiet)).rejects.toThrow('recipe lora: towers: both')
  })
  test('a layer that is in neither tower', async () => {
    await expect(runJob(job('qkv', { targets: 'qkv' }), quiet)).rejects.toThrow(
      'recipe clip-lora: targets: the model has no linear layer called "qkv"',
    )
  })
})
