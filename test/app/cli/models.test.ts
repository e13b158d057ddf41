import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { checkpointRecordSchema } from '#shared/model/checkpoint.ts'
import { golden as goldenData } from '../../engine/data/golden.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { type Said, shapesProject, terminal } from './terminal.ts'

let dir: string
let project: string
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  dir = temporaryFolder()
  project = await shapesProject(dir)
  dashi = await terminal(path.join(dir, 'cache'))
})

const SPLITS = ['train', 'val', 'heldOut', 'id', 'ood']
const accuracy = () => expect.toSatisfy((x) => typeof x === 'number' && x >= 0 && x <= 1, 'a share') as number
const metrics = () => Object.fromEntries(SPLITS.map((split) => [split, accuracy()]))

/** The one JSON document of a command that went well. */
function document({ code, stdout, stderr }: Said): Record<string, unknown> {
  expect(code, stderr).toBe(0)
  expect(stdout.endsWith('\n') && stdout.indexOf('\n') === stdout.length - 1, 'one line').toBe(true)
  return JSON.parse(stdout) as Record<string, unknown>
}
const train = async (recipe: string, ...options: string[]) =>
  document(await dashi('train', '--project', project, '--recipe', recipe, '--model', TINY_CLIP, '--device', 'cpu', '--json', ...options))
const FAST: Record<string, string[]> = {
  'zero-shot': [],
  lp: ['cCount=4'],
  ft: ['epochs=2', 'batchSize=6'],
  'lp-ft': ['epochs=2', 'batchSize=6', 'cCount=4'],
  coop: ['epochs=3'],
}

describe('train --plan', () => {
  const plan = (...options: string[]) => dashi('train', '--project', project, '--recipe', 'ft', '--model', TINY_CLIP, '--plan', ...options)

  test('says what would be trained and what stands in the way, and trains nothing', async () => {
    const answer = document(await plan('--device', 'cpu', '--set', 'epochs=2', 'batchSize=5', '--json'))
    expect(answer).toMatchObject({
      recipe: 'ft',
      images: { train: 12, val: 6, ood: 6 },
      outline: { batch: 5, steps: 4 },
      device: { used: 'cpu', why: 'asked' },
      seconds: null,
    })
    const levels = (answer['concerns'] as { id: string; level: string }[]).map((c) => `${c.level} ${c.id}`)
    expect(levels).toEqual(expect.arrayContaining(['warning few-images', 'warning small-validation', 'note duplicates-unknown']))
    expect(fs.existsSync(path.join(project, 'checkpoints'))).toBe(false)
    const { stdout } = await plan('--train', 'id', '--device', 'cpu')
    expect(stdout).toMatch(/^ft on 3 classes, .*train 6/)
    expect(stdout).toMatch(/trains [\d,]+ parameters \([\d.]+ % of the model's/)
  })

  test('measures some steps when asked to, and knows the time from then on', async () => {
    const measured = document(await plan('--measure', '--set', 'epochs=3', 'batchSize=6', '--json'))
    expect(measured['seconds']).toBeGreaterThan(0)
    const again = document(await plan('--set', 'epochs=30', 'batchSize=6', '--json'))
    expect(again['seconds']).toBeGreaterThan(measured['seconds'] as number)
  })

  test('refuses what cannot be in one line', async () => {
    const { code, stderr } = await plan('--set', 'classWeights=often')
    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('recipe ft: classWeights: ')]])
    expect((await plan('--hold-out', 'moon')).stderr).toContain('--hold-out')
    expect((await plan('--train', 'trian')).stderr).toContain('there is no split "trian"')
    expect((await plan('--filter', 'moon=1')).code).toBe(2)
  })
})

describe('train', () => {
  test.each(Object.entries(FAST))('%s answers with the checkpoint, the curve and the accuracy on every split', async (recipe, settings) => {
    const answer = await train(recipe, ...(settings.length ? ['--set', ...settings] : []))
    const checkpoint = answer['checkpoint'] as string
    const record = checkpointRecordSchema.parse(JSON.parse(fs.readFileSync(path.join(checkpoint, 'dashi.json'), 'utf8')))
    expect(answer).toEqual({
      checkpoint: expect.any(String) as string,
      steps: expect.any(Number) as number,
      loss: expect.any(Array) as number[],
      metrics: metrics(),
      device: 'cpu',
      seconds: expect.any(Number) as number,
      ...(!['lp', 'zero-shot'].includes(recipe) && { course: record.course }),
      ...(recipe === 'coop' && { prompt: expect.stringMatching(/\S/) as string }),
      knowledge: ['ft', 'lp-ft'].includes(recipe)
        ? { kind: 'measured', gain: expect.any(Object) as object, outside: expect.objectContaining({ n: 256 }) as object }
        : { kind: 'unchanged' },
    })
    if (!['lp', 'zero-shot'].includes(recipe)) expect(record.course!.judged!.values).toHaveLength(record.course!.epoch)
    expect(answer['loss']).toHaveLength(answer['steps'] as number)
    expect(record).toMatchObject({
      recipe: { name: recipe },
      seed: 0,
      device: 'cpu',
      metrics: answer['metrics'],
      classes: ['circle', 'square', 'stripes'],
    })
    expect(record.base).toMatchObject({ path: TINY_CLIP, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    expect(record.dataHash).toMatch(/^[0-9a-f]{64}$/)
  })

  test('without --json is a table for a person', async () => {
    const { code, stdout } = await dashi(
      'train',
      '--project',
      project,
      '--recipe',
      'zero-shot',
      '--device',
      'cpu',
      '--name',
      'for a person',
    )
    expect(code).toBe(0)
    expect(stdout).toMatch(/heldOut +\d+\.\d/)
    expect(() => JSON.parse(stdout) as unknown).toThrow()
  })

  test('is entered into the project', async () => {
    const before = document(await dashi('project', 'info', project, '--json'))
    await train('zero-shot', '--seed', '7', '--name', 'entered')
    const after = document(await dashi('project', 'info', project, '--json'))
    expect([after['runs'], after['checkpoints']]).toEqual([(before['runs'] as number) + 1, (before['checkpoints'] as number) + 1])
    expect(after['datasetHash']).toBe(before['datasetHash'])
  })
})

describe('evaluate', () => {
  const evaluate = (...options: string[]) => dashi('evaluate', '--project', project, '--device', 'cpu', '--json', ...options)

  test('measures what training measured, on every split', async () => {
    const { checkpoint, metrics: trained } = await train('lp', '--set', 'cCount=3')
    const { splits, ...answer } = document(await evaluate('--checkpoint', checkpoint as string))
    expect(answer).toEqual({ checkpoint, device: 'cpu', seconds: expect.any(Number) as number })
    expect(
      Object.fromEntries(Object.entries(splits as Record<string, { accuracy: number }>).map(([name, s]) => [name, s.accuracy])),
    ).toEqual(trained)
    for (const s of Object.values(
      splits as Record<string, { n: number; accuracy: number; interval: [number, number]; nll: number; ece: number }>,
    )) {
      expect(s.interval[0]).toBeLessThanOrEqual(s.accuracy)
      expect(s.interval[1]).toBeGreaterThanOrEqual(s.accuracy)
      expect(s.nll).toBeGreaterThan(0)
    }
  })

  test('of one split, by a folder without a head of its own', async () => {
    const { splits } = document(await evaluate('--checkpoint', TINY_CLIP, '--split', 'ood'))
    expect(Object.keys(splits as object)).toEqual(['ood'])
    expect(splits).toMatchObject({ ood: { n: 6 } })
  })
})

describe('merge', () => {
  let base: string
  let tuned: string[]
  beforeAll(async () => {
    base = (await train('zero-shot', '--name', 'base'))['checkpoint'] as string
    tuned = []
    for (const seed of ['1', '2', '3'])
      tuned.push((await train('ft', '--seed', seed, '--set', ...FAST['ft']!, 'lr=0.003'))['checkpoint'] as string)
  })

  const methods: [string, number, string[]][] = [
    ['uniform', 3, []],
    ['linear', 2, ['weights=0.25,0.75']],
    ['wise-ft', 1, ['alpha=0.3']],
    ['slerp', 1, ['t=0.3']],
    ['task-arithmetic', 2, ['lambda=0.5']],
    ['ties', 3, ['density=0.5']],
    ['dare', 2, ['density=0.5', 'seed=3']],
    ['greedy', 3, []],
  ]
  test.each(methods)('%s of %d gives a checkpoint that can be measured', async (method, n, settings) => {
    const relative = !['uniform', 'linear', 'greedy'].includes(method)
    const ingredients = [...(relative ? [base] : []), ...tuned.slice(0, n)]
    const out = path.join(dir, `soup-${method}`)
    const answer = document(
      await dashi(
        'merge',
        ...ingredients,
        '--method',
        method,
        '--out',
        out,
        '--project',
        project,
        '--device',
        'cpu',
        '--json',
        ...(settings.length ? ['--set', ...settings] : []),
      ),
    )
    expect(answer).toMatchObject({ checkpoint: out, seconds: expect.any(Number) as number })
    const splits = answer['splits'] as Record<string, { accuracy: number }>
    expect(Object.keys(splits)).toEqual(SPLITS)
    const record = checkpointRecordSchema.parse(JSON.parse(fs.readFileSync(path.join(out, 'dashi.json'), 'utf8')))
    expect(record.merge!.method.name).toBe(method)
    expect(record.metrics['id']).toBe(splits['id']!.accuracy)
    expect(record.merge!.ingredients.every(({ fingerprint }) => fingerprint)).toBe(true)
    if (method === 'greedy') {
      const ledger = answer['ledger'] as { dir: string; accepted: boolean; heldOut: number; score: number }[]
      expect(ledger.map((e) => e.dir).sort()).toEqual([...tuned].sort())
      expect(record.merge!.ingredients.map((i) => i.path)).toEqual(ledger.filter((e) => e.accepted).map((e) => e.dir))
      expect(splits['heldOut']!.accuracy).toBe(Math.max(...ledger.filter((e) => e.accepted).map((e) => e.score)))
    } else expect(answer['ledger']).toBeUndefined()
    expect(fs.readdirSync(dir).filter((name) => name.includes(`soup-${method}`))).toEqual([`soup-${method}`])
  })

  test('greedy leaves files next to the soup untouched, whatever their names', async () => {
    const mine = path.join(dir, 'beside.run', 'thesis.txt')
    fs.mkdirSync(path.dirname(mine))
    fs.writeFileSync(mine, 'all of it')
    document(
      await dashi(
        'merge',
        ...tuned,
        '--method',
        'greedy',
        '--out',
        path.join(dir, 'beside'),
        '--project',
        project,
        '--device',
        'cpu',
        '--json',
      ),
    )
    expect(fs.readFileSync(mine, 'utf8')).toBe('all of it')
  })

  test('without a project measures nothing', async () => {
    const answer = document(await dashi('merge', ...tuned, '--method', 'uniform', '--out', path.join(dir, 'plain'), '--json'))
    expect(answer).toEqual({
      checkpoint: path.join(dir, 'plain'),
      dtype: 'F32',
      insisted: [],
      seconds: expect.any(Number) as number,
      splits: {},
    })
  })
})

describe('what is asked of a checkpoint in half precision', () => {
  const types = (folder: string) => {
    const header = fs.readFileSync(path.join(folder, 'model.safetensors'))
    const { __metadata__: _, ...tensors } = JSON.parse(header.toString('utf8', 8, 8 + Number(header.readBigUInt64LE()))) as Record<
      string,
      { dtype: string }
    >
    return new Set(Object.values(tensors).map((t) => t.dtype))
  }
  test.each(Object.entries(FAST))(
    '%s: what it leaves is float32, every tensor and every place of the configuration',
    async (recipe, settings) => {
      for (const base of ['fp16', 'bf16']) {
        const { checkpoint } = (await train(
          recipe,
          '--model',
          goldenPath(`clip/${base}`),
          '--name',
          `${recipe} of ${base}`,
          ...(settings.length ? ['--set', ...settings] : []),
        )) as { checkpoint: string }
        expect([...types(checkpoint)]).toEqual(['F32'])
        const config = fs.readFileSync(path.join(checkpoint, 'config.json'), 'utf8')
        expect(config.match(/"(torch_)?dtype": *"\w+"/g)).toSatisfy(
          (found: string[] | null) => !!found?.length && found.every((x) => x.endsWith('"float32"')),
        )
      }
    },
  )
  test('merge --dtype', async () => {
    const half = goldenPath('clip/fp16')
    for (const [option, type] of [
      ['keep', 'F16'],
      ['bfloat16', 'BF16'],
      ['float32', 'F32'],
    ] as const) {
      const out = path.join(dir, `half-${option}`)
      expect(document(await dashi('merge', half, half, '--method', 'uniform', '--out', out, '--dtype', option, '--json'))).toMatchObject({
        dtype: type,
      })
      expect([...types(out)]).toEqual([type])
    }
  })
})

describe('a crop of another size than the model’s', () => {
  let other: string
  const embed = (...options: string[]) =>
    dashi('embed', '--model', other, '--image', path.join(dir, 'pictures/train/circle-0.png'), '--json', ...options)
  beforeAll(() => {
    other = path.join(dir, 'other-size')
    fs.cpSync(TINY_CLIP, other, { recursive: true })
    const file = path.join(other, 'preprocessor_config.json')
    const preprocess = JSON.parse(fs.readFileSync(file, 'utf8')) as object
    fs.writeFileSync(file, JSON.stringify({ ...preprocess, size: { shortest_edge: 48 }, crop_size: { height: 48, width: 48 } }))
  })
  test('is refused in one line that names file, field and both sizes', async () => {
    for (const said of [
      await embed(),
      await dashi('train', '--project', project, '--recipe', 'zero-shot', '--model', other, '--device', 'cpu'),
    ]) {
      expect(said.code).toBe(2)
      expect(said.stderr).toContain(
        `${path.join(other, 'preprocessor_config.json')}: crop_size: expected 32 × 32, which vision_config.image_size in config.json says, found 48 × 48`,
      )
    }
  })
  test('or taken where a person insists, which the checkpoint remembers', async () => {
    const said = await embed('--interpolate')
    const { image } = document(said) as { image: number[][] }
    expect(Math.hypot(...image[0]!)).toBeCloseTo(1, 5)
    expect(said.stderr).toContain('48 × 48 pixels for a model made for 32 × 32: position embeddings are interpolated')
    const { checkpoint } = (await train('zero-shot', '--model', other, '--name', 'interpolated', '--set', 'interpolate=true')) as {
      checkpoint: string
    }
    expect(checkpointRecordSchema.parse(JSON.parse(fs.readFileSync(path.join(checkpoint, 'dashi.json'), 'utf8'))).seeing).toEqual({
      interpolate: true,
    })
    expect((await dashi('embed', '--model', checkpoint, '--text', 'a circle', '--json')).code).toBe(0)
  })
})

test('samples deeper than a byte are clipped as in Pillow by default, with a note', async () => {
  const file = goldenData('formats/grey16.png')
  const embed = async (...options: string[]) => {
    const said = await dashi(
      'embed',
      '--model',
      TINY_CLIP,
      '--image',
      file,
      goldenData('formats/rgb24.bmp'),
      goldenData('formats/rgb.jp2'),
      '--json',
      ...options,
    )
    return { image: document(said)['image'] as number[][], stderr: said.stderr }
  }
  const [clipped, stretched] = [await embed(), await embed('--deep', 'percentiles')]
  expect(clipped.stderr).toContain(`${file}: samples of more than 8 bits are clipped at 255, as in Pillow`)
  expect(stretched.stderr).toContain(`${file}: samples of more than 8 bits: --deep percentiles`)
  expect(stretched.image[0]).not.toEqual(clipped.image[0])
  expect(stretched.image.slice(1)).toEqual(clipped.image.slice(1))
  expect(clipped.image[1]).toEqual(clipped.image[2]) // one picture in two formats
  const { checkpoint } = (await train('zero-shot', '--name', 'deep', '--set', 'deep=percentiles')) as { checkpoint: string }
  const said = await dashi('embed', '--model', checkpoint, '--image', file, '--json')
  expect((document(said)['image'] as number[][])[0]).toEqual(stretched.image[0])
})

test('embed and classify answer in the order of what was asked', async () => {
  const images = ['circle-0', 'square-1'].map((name) => path.join(dir, 'pictures/train', `${name}.png`))
  const { image, text, logitsPerImage } = document(
    await dashi('embed', '--model', TINY_CLIP, '--image', ...images, '--text', 'a circle', 'a square', 'stripes', '--json'),
  ) as Record<string, number[][]>
  for (const row of [...image!, ...text!]) expect(Math.hypot(...row)).toBeCloseTo(1, 5)
  const scale = logitsPerImage![0]![0]! / image![0]!.reduce((s, x, i) => s + x * text![0]![i]!, 0)
  logitsPerImage!.forEach((row, i) =>
    row.forEach((logit, k) =>
      expect(logit / scale).toBeCloseTo(
        image![i]!.reduce((s, x, j) => s + x * text![k]![j]!, 0),
        4,
      ),
    ),
  )
  const answers = document(
    await dashi('classify', '--model', TINY_CLIP, '--image', ...images, '--labels', 'circle, square', '--json'),
  ) as unknown as { image: string; scores: Record<string, number> }[]
  expect(answers.map((a) => a.image)).toEqual(images)
  for (const { scores } of answers) {
    expect(Object.keys(scores)).toEqual(['circle', 'square'])
    expect(scores['circle']! + scores['square']!).toBeCloseTo(1, 5)
  }
})
