/** Questions as a thread answers them: with the model that is open, until its folder is replaced. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { Item } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { modelFacts } from '../../../src-main/engine/questions/facts.ts'
import { openReader } from '../../../src-main/engine/questions/tokens.ts'
import { CONFIG_FILE } from '../../../src-main/engine/weights/checkpoint.ts'
import { HEAD_FILE } from '../../../src-main/engine/weights/head.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { CLASSES, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

vi.mock(import('../../../src-main/engine/models/checkpoint.ts'), { spy: true })
vi.mock(import('../../../src-main/engine/questions/tokens.ts'), { spy: true })

let dir: string
let splits: Record<'train' | 'val', Item[]>
let probe: string
let n = 0
const copy = (from = TINY_CLIP) => {
  const folder = path.join(dir, `model-${n++}`)
  fs.cpSync(from, folder, { recursive: true })
  return folder
}
/** As a write replaces a folder: the same names, other files. */
const replaced = (folder: string, name: string) => {
  const file = path.join(folder, name)
  fs.copyFileSync(file, `${file}.new`)
  fs.renameSync(`${file}.new`, file)
}
const classes = (...names: string[]) => names.map((name) => ({ name }))
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  const job = shapesJob(splits, { recipe: 'lp', settings: { cCount: 2 }, out: path.join(dir, 'probe'), cache: path.join(dir, 'cache') })
  probe = (await runJob(job, { onProgress: () => undefined, isCancelled: () => false })).checkpoint
})
const file = () => splits.val[0]!.file
const opened = () => vi.mocked(openModel).mock.calls.map(([folder]) => folder)

describe('an answer', () => {
  test('names devices, without a model', async () => {
    expect(await answer({ kind: 'devices' })).toContain('cpu')
  })
  test('counts tokens by the reader that is open, until the folder is replaced', async () => {
    const model = copy()
    vi.mocked(openReader).mockClear()
    const ask = (...texts: string[]) => answer({ kind: 'tokens', model, texts })
    const counted = await ask('a cat', '')
    expect(counted).toMatchObject({ counts: [{ fits: 5 }, { tokens: 2, fits: 0 }] })
    expect(await ask('a cat', '')).toEqual(counted)
    expect(vi.mocked(openReader)).toHaveBeenCalledTimes(1)
    replaced(model, CONFIG_FILE)
    await ask('a cat')
    expect(vi.mocked(openReader)).toHaveBeenCalledTimes(2)
    await answer({ kind: 'tokens', model: TINY_CLIP, texts: [] })
    expect(vi.mocked(openReader)).toHaveBeenCalledTimes(3)
  })
  test('classifies by texts, highest first, or by the head of a checkpoint', async () => {
    const ask = async (model: string, ...names: string[]) =>
      (await answer({ kind: 'classify', model, file: file(), classes: classes(...names) })) as { label: string; score: number }[]
    for (const [model, names] of [
      [TINY_CLIP, ['cat', 'dog']],
      [probe, CLASSES],
    ] as const) {
      const seen = await ask(model, ...(model === probe ? ['whatever'] : names))
      expect(seen.map((s) => s.label).toSorted()).toEqual([...names].toSorted())
      expect(seen.map((s) => s.score)).toEqual(seen.map((s) => s.score).toSorted((a, b) => b - a))
      expect(seen.reduce((sum, s) => sum + s.score, 0)).toBeCloseTo(1, 5)
    }
    // Of other classes other texts are compared, of the same the same.
    const [two, again, three] = [
      await ask(TINY_CLIP, 'cat', 'dog'),
      await ask(TINY_CLIP, 'cat', 'dog'),
      await ask(TINY_CLIP, 'cat', 'dog', 'bird'),
    ]
    expect([again, three.length]).toEqual([two, 3])
  })
  test('keeps one model open, and opens it anew when its weights are replaced', async () => {
    const [model, other] = [copy(), copy(probe)]
    vi.mocked(openModel).mockClear()
    const embed = async (folder = model) => [...((await answer({ kind: 'embed', model: folder, text: 'a cat' })) as Float32Array)]
    const classified = () => answer({ kind: 'classify', model, file: file(), classes: classes('cat', 'dog') })
    const [first, before] = [await embed(), await classified()]
    expect(Math.hypot(...first)).toBeCloseTo(1, 5)
    expect([await embed(), opened()]).toEqual([first, [model]])
    const closed = vi.spyOn((await vi.mocked(openModel).mock.results[0]!.value) as Awaited<ReturnType<typeof openModel>>, 'close')
    replaced(model, 'model.safetensors')
    expect(closed).not.toHaveBeenCalled()
    expect(await embed()).toEqual(first)
    expect([closed.mock.calls.length, opened()]).toEqual([1, [model, model]])
    await embed(other)
    expect([await classified(), opened()]).toEqual([before, [model, model, other, model]])
  })
  test('of the same classes is that of the model that is asked', async () => {
    const ask = (model: string) => answer({ kind: 'classify', model, file: file(), classes: classes('circle', 'square', 'stripes') })
    const [plain, head, again] = [await ask(TINY_CLIP), await ask(probe), await ask(TINY_CLIP)]
    expect(head).not.toEqual(plain)
    expect(again).toEqual(plain)
  })
})

describe('facts', () => {
  test('count numbers and bytes of all tensor files', async () => {
    const { parameters, bytes, can } = modelFacts(TINY_CLIP)!
    const weights = openSafetensors(path.join(TINY_CLIP, 'model.safetensors'))
    const tensors = [...weights.tensors.values()]
    weights.close()
    expect(bytes).toBe(tensors.reduce((sum, t) => sum + t.length, 0))
    expect(parameters).toBe(tensors.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0))
    expect(can).toEqual(['embedImage', 'embedText', 'segment'])
    const tuned = modelFacts(probe)!
    const head = openSafetensors(path.join(probe, HEAD_FILE))
    const more = [...head.tensors.values()]
    head.close()
    expect(tuned.bytes - bytes).toBe(more.reduce((sum, t) => sum + t.length, 0))
    expect(tuned.parameters - parameters).toBe(more.reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0))
    expect(tuned.can).toContain('classify')
    expect(await answer({ kind: 'facts', model: probe })).toEqual(tuned)
  })
  test('have one key for what can be merged: of one architecture, with heads of the same classes', async () => {
    const key = (folder: string) => modelFacts(folder)!.mergeKey
    expect(key(copy())).toBe(key(TINY_CLIP))
    expect(key(copy(probe))).toBe(key(probe))
    expect(key(probe)).not.toBe(key(TINY_CLIP))
    expect(key(probe)).toMatch(/^[0-9a-f]{16}$/)
    const renamed = copy(probe)
    const head = openSafetensors(path.join(renamed, HEAD_FILE))
    const tensors = new Map(
      [...head.tensors.keys()].map((name) => [name, { shape: [...head.tensors.get(name)!.shape], data: head.float32(name) }]),
    )
    head.close()
    const written = (names: readonly string[], file_ = HEAD_FILE) =>
      writeSafetensors(path.join(renamed, file_), fromMemory(tensors), { classes: JSON.stringify(names), format: 'pt' })
    await written([...CLASSES].reverse())
    expect(key(renamed)).not.toBe(key(probe))
    await written(CLASSES)
    expect(key(renamed)).toBe(key(probe))
    fs.renameSync(path.join(renamed, HEAD_FILE), path.join(renamed, 'prompt.safetensors'))
    expect(key(renamed)).not.toBe(key(probe))
    const config = copy()
    const json = JSON.parse(fs.readFileSync(path.join(config, CONFIG_FILE), 'utf8')) as { projection_dim: number }
    fs.writeFileSync(
      path.join(config, CONFIG_FILE),
      JSON.stringify({ ...json, logit_scale_init_value: 1, projection_dim: json.projection_dim + 1 }),
    )
    expect(modelFacts(config)?.mergeKey).not.toBe(key(TINY_CLIP))
  })
  test('are none of a folder that is no model, or that holds more than eight other tensor files', async () => {
    expect([modelFacts(path.join(dir, 'nowhere')), modelFacts(dir)]).toEqual([null, null])
    expect(await answer({ kind: 'facts', model: path.join(dir, 'nowhere') })).toBeNull()
    const many = copy()
    const one = fromMemory(new Map([['x', { shape: [1], data: new Float32Array(1) }]]))
    for (let i = 0; i < 8; i++) await writeSafetensors(path.join(many, `extra-${i}.safetensors`), one)
    expect(modelFacts(many)!.parameters).toBe(modelFacts(TINY_CLIP)!.parameters + 8)
    await writeSafetensors(path.join(many, 'extra-8.safetensors'), one)
    expect(modelFacts(many)).toBeNull()
    const damaged = copy()
    fs.truncateSync(path.join(damaged, 'model.safetensors'), 100)
    expect(modelFacts(damaged)).toBeNull()
  })
  test('let errors of the program through', () => {
    const failing = vi.spyOn(JSON, 'stringify').mockImplementation(() => {
      throw new TypeError('ours')
    })
    try {
      expect(() => modelFacts(TINY_CLIP)).toThrow(new TypeError('ours'))
    } finally {
      failing.mockRestore()
    }
  })
})
