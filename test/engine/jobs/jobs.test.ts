/** Jobs on a small model from end to end: what they answer, write down, refuse and leave behind. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type EvaluateJob, type Item, type JobProgress, type MergeJob, type TrainJob, predictionsOf } from '#shared/model/job.ts'
import { storeFor } from '../../../src-main/engine/jobs/pictures.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { readRecord, writeRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { HEAD_FILE } from '../../../src-main/engine/weights/head.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { CLASSES, shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let cache: string
let splits: Record<'train' | 'val' | 'heldOut' | 'id' | 'ood', Item[]>
let n = 0
const fresh = (name = 'out') => path.join(dir, `${name}-${n++}`)
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const classes = (names = CLASSES) => names.map((name) => ({ name }))
/** Linear probes, which train no weights: two of three classes in different orders, and one checkpoint fine-tuned by one step. */
const checkpoints: Record<'probe' | 'other' | 'tuned', string> = { probe: '', other: '', tuned: '' }
const train = (more: Partial<TrainJob> = {}): TrainJob =>
  shapesJob(splits, { recipe: 'lp', settings: { cCount: 2 }, out: fresh(), cache, ...more })
beforeAll(async () => {
  dir = temporaryFolder()
  cache = path.join(dir, 'cache')
  splits = await shapePictures(path.join(dir, 'pictures'))
  for (const [name, more] of [
    ['probe', {}],
    ['other', { seed: 2, settings: { cCount: 3 } }],
    ['tuned', { recipe: 'ft', settings: { epochs: 1, batchSize: 12, lr: 1e-3 } }],
  ] as const)
    checkpoints[name] = (await runJob(train(more), quiet)).checkpoint
})
const progress = async <T>(run: (hooks: { onProgress: (p: JobProgress) => void; isCancelled: () => boolean }) => Promise<T>) => {
  const told: JobProgress[] = []
  const answer = await run({ onProgress: (p) => told.push(p), isCancelled: () => false })
  return { answer, told }
}
const refusal = (job: Parameters<typeof runJob>[0]) =>
  runJob(job, quiet).then(
    () => undefined,
    (e: { sentence?: { code: string; params: Record<string, unknown> }; fault?: string }) => {
      // Of a file, the sentence is about what is wrong with it.
      const { code, params } = e.sentence ?? { code: undefined, params: {} }
      return [e.fault, code === 'in-file' ? (params['problem'] as { code?: string }).code : code]
    },
  )

describe('an evaluation', () => {
  const evaluate = (more: Partial<EvaluateJob> = {}): EvaluateJob => ({
    ...{ kind: 'evaluate', checkpoint: checkpoints.probe, task: 'classify', device: 'cpu', classes: classes(), cache },
    splits: { id: splits.id, ood: splits.ood.slice(0, 4), none: [] },
    ...more,
  })
  test('answers the logits of each image, by splits in their order', async () => {
    const { answer, told } = await progress((hooks) => runJob(evaluate({ cache: fresh('cache') }), hooks))
    expect(answer).toMatchObject({
      kind: 'evaluate',
      checkpoint: checkpoints.probe,
      device: 'cpu',
      leftOut: [],
      measured: { task: 'classify' },
    })
    expect(answer.seconds).toBeGreaterThan(0)
    expect(answer.seconds).toBeLessThan(3000)
    const { id, ood, none } = predictionsOf(answer.measured)
    expect([id!.n, ood!.n, none!.n, none!.logits.length]).toEqual([6, 4, 0, 0])
    expect([...id!.labels, ...ood!.labels]).toEqual([...splits.id, ...splits.ood.slice(0, 4)].map((item) => item.label))
    // Each split by itself has the same.
    for (const [name, items] of [
      ['id', splits.id],
      ['ood', splits.ood.slice(0, 4)],
    ] as const) {
      const alone = await runJob(evaluate({ splits: { [name]: items } }), quiet)
      expect(alone.measured.splits[name]).toEqual(answer.measured.splits[name])
    }
    expect(new Set(told.map((p) => p.phase))).toEqual(new Set(['evaluating']))
    expect(told.at(-1)).toMatchObject({ done: 10, total: 10 })
  })
  test('has columns in the order of the classes that are asked for, which its head must know', async () => {
    const [a, b] = [
      await runJob(evaluate(), quiet),
      await runJob(evaluate({ classes: classes(['stripes', 'circle']), splits: { id: splits.id.slice(0, 1) } }), quiet),
    ]
    const [circle, , stripes] = predictionsOf(a.measured)['id']!.logits
    expect([...predictionsOf(b.measured)['id']!.logits]).toEqual([stripes, circle])
    expect(await refusal(evaluate({ classes: classes(['circle', 'cat']) }))).toEqual(['data', 'evaluation.unknown-class'])
  })
  test('of what is no class of the head asks the towers, if told to: as a zero-shot classifier', async () => {
    const others = classes(['cat', 'wall'])
    const items = { id: splits.id.map((item) => ({ ...item, label: 0 })) }
    const logits = async (checkpoint: string, more: Partial<EvaluateJob> = {}) => [
      ...predictionsOf((await runJob(evaluate({ checkpoint, classes: others, splits: items, ...more }), quiet)).measured)['id']!.logits,
    ]
    const base = await logits(TINY_CLIP)
    expect(await refusal(evaluate({ classes: others, splits: items }))).toEqual(['data', 'evaluation.unknown-class'])
    // A probe leaves the towers as they were; fine-tuning does not.
    expect(await logits(checkpoints.probe!, { zeroShot: true })).toEqual(base)
    expect(await logits(checkpoints.tuned!, { zeroShot: true })).not.toEqual(base)
  })
  test('without a head compares with texts: of the templates given, else of those of the model', async () => {
    const logits = async (templates?: string[] | null) =>
      predictionsOf((await runJob(evaluate({ checkpoint: TINY_CLIP, templates, splits: { id: splits.id } }), quiet)).measured)['id']!.logits
    const usual = await logits()
    expect([await logits([]), await logits(null)]).toEqual([usual, usual])
    expect(await logits(['a {} on a table'])).not.toEqual(usual)
  })
  test('that comes to what is no number is refused', async () => {
    const broken = fresh()
    fs.cpSync(checkpoints.probe, broken, { recursive: true })
    const head = openSafetensors(path.join(broken, HEAD_FILE))
    const huge = 3.4e38 // the largest numbers that are no infinity
    const tensors = new Map(
      [...head.tensors.keys()].map((name) => [
        name,
        { shape: [...head.tensors.get(name)!.shape], data: head.float32(name).map((_, i, { length }) => (i < length / 2 ? huge : -huge)) },
      ]),
    )
    const { metadata } = head
    head.close()
    await writeSafetensors(path.join(broken, HEAD_FILE), fromMemory(tensors), metadata)
    expect(await refusal(evaluate({ checkpoint: broken }))).toEqual(['data', 'evaluation.out-of-range'])
  })
  test('tells a full disk with what was kept', async () => {
    const full = () => {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    const failing = runJob(evaluate({ cache: fresh('cache') }), { ...quiet, onProgress: full })
    await expect(failing).rejects.toMatchObject({ name: 'DashiError', fault: 'data' })
    await expect(failing).rejects.toThrow(/; nothing was changed$/)
    const other = new Error('mine')
    await expect(
      runJob(evaluate({ cache: fresh('cache') }), {
        ...quiet,
        isCancelled: () => {
          throw other
        },
      }),
    ).rejects.toBe(other)
  })
  test('keeps what an earlier step left out, and checks all images once one cannot be read', async () => {
    const gone = Array.from({ length: 18 }, (_, i) => ({
      file: path.join(dir, `gone-${i}.png`),
      label: 0,
      ...(i ? { name: `shown-${i}` } : {}),
    }))
    const job = evaluate({
      splits: { id: [splits.id[0]!, ...gone, splits.id[1]!], again: [gone[0]!] },
      leftOut: [{ file: 'before.png', reason: 'was bad' }],
    })
    const { answer, told } = await progress((hooks) => runJob(job, hooks))
    expect([predictionsOf(answer.measured)['id']!.n, predictionsOf(answer.measured)['again']!.n]).toEqual([2, 0])
    expect(answer.leftOut.map((l) => l.file)).toEqual(['before.png', gone[0]!.file, ...gone.slice(1).map((g) => g.name)])
    expect(new Set(answer.leftOut.slice(1).map((l) => l.reason))).toEqual(new Set(['no such file']))
    expect(told.filter((p) => p.phase === 'checking').map((p) => [p.done, p.total])).toEqual([
      [16, 20],
      [20, 20],
    ])
    let looked = 0
    const stopped = runJob(job, { onProgress: ({ phase }) => void (phase === 'checking' && looked++), isCancelled: () => looked > 0 })
    await expect(stopped).rejects.toMatchObject({ fault: 'cancelled' })
    expect(looked).toBe(1)
  })
})

describe('a training', () => {
  test('writes down what it was made of', async () => {
    const out = fresh()
    const job = train({ out, seed: 7, dataHash: 'abc', templates: ['one {}'], leftOut: [{ file: 'x', reason: 'y' }] })
    const { answer, told } = await progress((hooks) => runJob(job, hooks))
    expect(answer).toMatchObject({
      kind: 'train',
      checkpoint: out,
      device: 'cpu',
      steps: answer.loss.length,
      leftOut: [{ file: 'x', reason: 'y' }],
    })
    expect(readRecord(out)).toMatchObject({
      base: { path: TINY_CLIP, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      recipe: { name: 'lp', settings: { cCount: 2 } },
      ...{ seed: 7, dataHash: 'abc', device: 'cpu', templates: ['one {}'], classes: CLASSES },
      leftOut: [{ file: 'x', reason: 'y' }],
      metrics: Object.fromEntries(Object.entries(answer.measured.splits).map(([name, s]) => [name, s.accuracy])),
    })
    expect(Object.keys(readRecord(out).metrics).sort()).toEqual(Object.keys(splits).sort())
    expect(fs.existsSync(`${out}.run`)).toBe(false)
    expect(told.length).toBeGreaterThan(0)
    const plain = readRecord(checkpoints.probe)
    expect([plain.leftOut, plain.seeing, plain.templates.length > 0]).toEqual([undefined, undefined, true])
  })
  test('goes on from a checkpoint as that was told to see, and says so', async () => {
    const settings = { epochs: 1, batchSize: 12, lr: 1e-3 }
    const first = await runJob(train({ recipe: 'ft', settings: { ...settings, deep: 'range' } }), quiet)
    expect(readRecord(first.checkpoint).seeing).toEqual({ deep: 'range' })
    const seeing = async (more: object) =>
      readRecord((await runJob(train({ recipe: 'ft', model: first.checkpoint, settings: { ...settings, ...more } }), quiet)).checkpoint)
        .seeing
    expect(await seeing({})).toEqual({ deep: 'range' })
    expect(await seeing({ deep: 'percentiles' })).toEqual({ deep: 'percentiles' })
    expect(readRecord((await runJob(train({ model: checkpoints.tuned, settings: { cCount: 2 } }), quiet)).checkpoint)).toMatchObject({
      base: { fingerprint: readRecord(checkpoints.tuned).fingerprint },
    })
  })
  test.each<[string, () => Partial<TrainJob>, string]>([
    [
      'labels without a class',
      () => ({ splits: { train: [...splits.train, { ...splits.train[0]!, label: 3 }] } }),
      'training.class-number',
    ],
    ['no images', () => ({ splits: { train: [], val: splits.val } }), 'training.no-images'],
    ['no split to train on', () => ({ splits: { val: splits.val } }), 'training.no-images'],
    ['a class without images', () => ({ classes: classes([...CLASSES, 'cat']) }), 'training.class-without-images'],
    ['classes without images', () => ({ classes: classes([...CLASSES, 'cat', 'dog']) }), 'training.classes-without-images'],
    [
      'a class whose images cannot be read',
      () => ({ classes: classes([...CLASSES, 'cat']), leftOut: [{ file: 'f', reason: 'r' }] }),
      'training.some-unreadable',
    ],
  ])('with %s is refused', async (_, more, code) => {
    const job = train(more())
    expect(await refusal(job)).toEqual(['user', code])
    expect(fs.existsSync(`${job.out}.run`)).toBe(false)
    expect(fs.existsSync(job.out)).toBe(false)
  })
  test('names five classes of those without images', async () => {
    const many = (k: number) => runJob(train({ classes: classes([...CLASSES, ...Array.from({ length: k }, (_, i) => `c${i}`)]) }), quiet)
    await expect(many(5)).rejects.toThrow('"c0", "c1", "c2", "c3", "c4"')
    await expect(many(5)).rejects.not.toThrow('more')
    await expect(many(7)).rejects.toThrow(/"c4"[^"]*2 more/)
  })
  test('that trains nothing needs no images', async () => {
    const done = await runJob(train({ recipe: 'zero-shot', settings: {}, splits: { id: splits.id } }), quiet)
    expect([done.steps, done.loss, Object.keys(done.measured.splits)]).toEqual([0, [], ['id']])
  })
  test('does not write over a state that is another file, nor into a file', async () => {
    const job = train({ recipe: 'ft', settings: { epochs: 1 } })
    fs.mkdirSync(`${job.out}.run`)
    await writeSafetensors(
      path.join(`${job.out}.run`, 'state.safetensors'),
      fromMemory(new Map([['mine', { shape: [1], data: new Float32Array(1) }]])),
    )
    expect(await refusal(job)).toEqual(['user', 'training.foreign-state'])
    expect(fs.readdirSync(`${job.out}.run`)).toEqual(['state.safetensors'])
    const blocked = train()
    fs.writeFileSync(`${blocked.out}.run`, '')
    expect((await refusal(blocked))![0]).toBe('data')
  })
  test('keeps what others put into the folder of its state', async () => {
    const job = train()
    fs.mkdirSync(`${job.out}.run`)
    fs.writeFileSync(path.join(`${job.out}.run`, 'notes.txt'), '')
    await runJob(job, quiet)
    expect(fs.readdirSync(`${job.out}.run`)).toEqual(['notes.txt'])
  })
})

describe('a merge', () => {
  const merge = (more: Partial<MergeJob> = {}): MergeJob => ({
    ...{
      kind: 'merge',
      method: { name: 'uniform' },
      out: fresh('soup'),
      dtype: 'keep',
      insist: false,
      device: 'cpu',
      classes: classes(),
      cache,
    },
    checkpoints: [checkpoints.probe, checkpoints.other],
    splits: { heldOut: splits.heldOut, id: splits.id },
    ...more,
  })
  test('is measured, and its measures are written down', async () => {
    const { answer, told } = await progress((hooks) => runJob(merge({ cache: fresh('cache') }), hooks))
    expect(answer).toMatchObject({ kind: 'merge', device: 'cpu', ledger: null, leftOut: [], notes: { insisted: 0 } })
    expect(answer.notes).toEqual({ dtype: readRecord(answer.checkpoint).merge!.dtype, insisted: 0 })
    const { metrics } = readRecord(answer.checkpoint)
    expect(metrics).toMatchObject({
      heldOut: predictionsOf(answer.measured)['heldOut']!.accuracy,
      id: predictionsOf(answer.measured)['id']!.accuracy,
    })
    const phases = [...new Set(told.map((p) => p.phase))]
    expect(phases).toEqual(['merging', 'evaluating'])
    const merging = told.filter((p) => p.phase === 'merging')
    expect(merging.at(-1)).toMatchObject({ done: 1, total: 1 })
  })
  test('without classes is not', async () => {
    const answer = await runJob(merge({ classes: [] }), quiet)
    expect(answer.measured).toEqual({ task: 'classify', splits: {} })
  })
  test('that chooses is chosen on what is held out, and says what it chose', async () => {
    const { answer, told } = await progress((hooks) => runJob(merge({ method: { name: 'greedy' }, cache: fresh('cache') }), hooks))
    expect(answer.ledger!.map((e) => e.dir).sort()).toEqual([checkpoints.probe, checkpoints.other].sort())
    expect(answer.ledger!.some((e) => e.accepted)).toBe(true)
    expect(answer.notes).toMatchObject({ kept: answer.ledger!.filter((e) => e.accepted).length })
    expect(predictionsOf(answer.measured)['heldOut']!.accuracy).toBe(Math.max(...answer.ledger!.map((e) => e.score)))
    expect(fs.readdirSync(answer.checkpoint).filter((name) => name.startsWith('.'))).toEqual([])
    const greedy = told.filter((p) => p.phase === 'greedy-soup')
    expect(greedy.map((p) => [p.done, p.total])).toEqual([
      [1, 2],
      [2, 2],
    ])
    // Its own evaluations are not told, only that of the result.
    expect(told.map((p) => p.phase)).toEqual(
      told.toSorted((a, b) => Number(a.phase === 'evaluating') - Number(b.phase === 'evaluating')).map((p) => p.phase),
    )
  })
  test('that chooses needs something held out; none is written over what was trained', async () => {
    for (const heldOut of [[], undefined])
      expect(await refusal(merge({ method: { name: 'greedy' }, splits: { id: splits.id, ...(heldOut && { heldOut }) } }))).toEqual([
        'user',
        'merging.no-held-out',
      ])
    expect(await refusal(merge({ out: checkpoints.tuned }))).toEqual(['user', 'merging.over-trained'])
    const soup = await runJob(merge(), quiet)
    expect((await runJob(merge({ out: soup.checkpoint }), quiet)).checkpoint).toBe(soup.checkpoint)
  })
  test('of what differs says that it was insisted on', async () => {
    const other = fresh()
    fs.cpSync(checkpoints.other, other, { recursive: true })
    await writeRecord(other, { ...readRecord(other), templates: ['something else {}'] })
    const differing = { checkpoints: [checkpoints.probe, other] }
    expect((await refusal(merge(differing)))![0]).toBe('data')
    const done = await runJob(merge({ ...differing, insist: true }), quiet)
    expect(done.notes!['insisted']).toBeGreaterThan(0)
  })
})

test('images of a job are decoded once for the next on much the same images', () => {
  const item = (file: string, hash?: string): Item => ({ file, label: 0, hash })
  const store = storeFor({ train: [item('a'), item('b')], val: [] })
  expect(storeFor({ val: [{ ...item('a'), label: 5, name: 'x' }, item('b')] })).toBe(store)
  const others = [{ train: [item('c')] }, { train: [item('c'), item('a'), item('d')] }, { train: [item('a', 'hash'), item('b')] }]
  for (const other of others) expect(storeFor(other)).not.toBe(storeFor({ train: [item('a'), item('b')] }))
})
