import fs from 'node:fs'
import path from 'node:path'
import { deflateSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { rawFile } from '../../engine/weights/helpers.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { filesOf, TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { copyOfClip, shapesProject, terminal } from './terminal.ts'

let dir: string
let project: string
let picture: string
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  dir = temporaryFolder()
  project = await shapesProject(dir)
  picture = path.join(dir, 'pictures/train/circle-0.png')
  dashi = await terminal(path.join(dir, 'cache'))
})

/** Exit 2, nothing on stdout, and of all that is on stderr one line that says why. */
async function refused(argv: readonly string[], why: RegExp) {
  const { code, stdout, stderr } = await dashi(...argv)
  const lines = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/: +\d+% |: done, /.test(line)) // progress
  expect(lines, stderr).toHaveLength(1)
  expect(lines[0]).toMatch(/^dashi: /)
  expect(lines[0]).toMatch(why)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
}
const anywhere = (text: string) => new RegExp(text.replace(/[.+?^${}()|[\]\\*]/g, '\\$&'))

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>

/** Writes the model's weights again, with another header or other data. */
function relabel(model: string, change: (header: Header, data: Buffer) => undefined | { data?: Buffer; declared?: number }): void {
  const file = path.join(model, 'model.safetensors')
  const bytes = fs.readFileSync(file)
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  const header = JSON.parse(bytes.subarray(8, end).toString()) as Header
  const data = Buffer.from(bytes.subarray(end))
  const { data: changed, declared } = change(header, data) ?? {}
  rawFile(file, header, changed ?? data, declared)
}
const config = (model: string, change: (c: Record<string, Record<string, unknown>>) => unknown) => {
  const file = path.join(model, 'config.json')
  const c = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Record<string, unknown>>
  fs.writeFileSync(file, JSON.stringify(change(c) ?? c))
}
const NAME = 'vision_model.embeddings.patch_embedding.weight'

describe('a model is refused', () => {
  const faults: [string, (model: string) => void, RegExp][] = [
    [
      'cut off in its data',
      (m) => fs.truncateSync(path.join(m, 'model.safetensors'), 100_000),
      /model\.safetensors: tensor \S+: data_offsets: .*truncated/,
    ],
    ['cut off in its header', (m) => fs.truncateSync(path.join(m, 'model.safetensors'), 600), /model\.safetensors: header/],
    ['cut off before its header', (m) => fs.truncateSync(path.join(m, 'model.safetensors'), 5), /model\.safetensors: /],
    ['empty', (m) => fs.truncateSync(path.join(m, 'model.safetensors'), 0), /model\.safetensors: /],
    ['with a header said to be shorter', (m) => relabel(m, () => ({ declared: 400 })), /model\.safetensors: header/],
    ['with a header said to be longer', (m) => relabel(m, () => ({ declared: 2 ** 40 })), /model\.safetensors: header/],
    [
      'with tensors that overlap',
      (m) =>
        relabel(m, (h) => {
          const [first, second] = Object.entries(h)
            .filter(([k]) => k !== '__metadata__')
            .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0])
          const size = second![1].data_offsets[1] - second![1].data_offsets[0]
          second![1].data_offsets = [first![1].data_offsets[1] - 4, first![1].data_offsets[1] - 4 + size]
        }),
      /model\.safetensors: tensor \S+: data_offsets: overlaps/,
    ],
    [
      'with a tensor beyond the end',
      (m) =>
        relabel(m, (h) => {
          h[NAME]!.data_offsets = h[NAME]!.data_offsets.map((x) => x + 1e9) as [number, number]
        }),
      anywhere(`model.safetensors: tensor ${NAME}: data_offsets`),
    ],
    [
      'with a tensor of another dtype',
      (m) =>
        relabel(m, (h) => {
          h[NAME]!.dtype = 'I32'
        }),
      anywhere(`model.safetensors: tensor ${NAME}`),
    ],
    [
      'with a dtype that there is not',
      (m) =>
        relabel(m, (h) => {
          h[NAME]!.dtype = 'F31'
        }),
      anywhere(`model.safetensors: tensor ${NAME}: dtype: expected one of`),
    ],
    [
      'with a tensor of another shape',
      (m) =>
        relabel(m, (h) => {
          h[NAME]!.shape.reverse()
        }),
      anywhere(`model.safetensors: tensor ${NAME}: expected shape [32, 3, 8, 8], found [8, 8, 3, 32]`),
    ],
    [
      'with a tensor missing',
      (m) =>
        relabel(m, (h) => {
          h['renamed'] = h[NAME]!
          Reflect.deleteProperty(h, NAME)
        }),
      anywhere(`model.safetensors: tensor ${NAME}: missing`),
    ],
    [
      'with a tensor too many',
      (m) =>
        relabel(m, (h, data) => {
          h['surplus'] = { dtype: 'F32', shape: [1], data_offsets: [data.length, data.length + 4] }
          return { data: Buffer.concat([data, Buffer.alloc(4)]) }
        }),
      /model\.safetensors: tensor surplus: not part of the model/,
    ],
    [
      'with NaN',
      (m) => relabel(m, (h, data) => void data.writeFloatLE(NaN, h[NAME]!.data_offsets[0] + 40)),
      anywhere(`model.safetensors: tensor ${NAME}`),
    ],
    [
      'with a logit_scale that overflows',
      (m) => relabel(m, (h, data) => void data.writeFloatLE(100, h['logit_scale']!.data_offsets[0])),
      /model\.safetensors: tensor logit_scale: expected at most 80 \(.*\), found 100/,
    ],
    ['without weights', (m) => fs.rmSync(path.join(m, 'model.safetensors')), /expected model\.safetensors/],
    ['without config.json', (m) => fs.rmSync(path.join(m, 'config.json')), /config\.json: not found/],
    [
      'with a config.json that is not JSON',
      (m) => fs.writeFileSync(path.join(m, 'config.json'), '{"model_type": "clip",'),
      /config\.json: not a JSON document/,
    ],
    ['with a config.json of a list', (m) => fs.writeFileSync(path.join(m, 'config.json'), '[]'), /config\.json: /],
    ['of another kind', (m) => config(m, (c) => ({ ...c, model_type: 'bert' })), /config\.json: model_type: .*"clip"/],
    [
      'whose config.json has a field of the wrong type',
      (m) => config(m, (c) => void (c['vision_config']!['hidden_size'] = 'wide')),
      /config\.json: vision_config\.hidden_size: .*expected (number|int)/,
    ],
    [
      'whose config.json has an activation that there is not',
      (m) => config(m, (c) => void (c['text_config']!['hidden_act'] = 'swoosh')),
      /config\.json: text_config\.hidden_act: /,
    ],
    [
      'whose config.json says another width',
      (m) => config(m, (c) => void (c['vision_config']!['intermediate_size'] = 96)),
      /model\.safetensors: tensor vision_model\.encoder\.layers\.0\.mlp\.fc1\.weight: expected shape \[96, 32\], found \[64, 32\]/,
    ],
    [
      'whose heads do not divide its width',
      (m) => config(m, (c) => void (c['vision_config']!['num_attention_heads'] = 5)),
      /config\.json: vision_config\.num_attention_heads: must divide/,
    ],
    ['without a tokenizer', (m) => fs.rmSync(path.join(m, 'tokenizer.json')), /tokenizer\.json: no such file/],
    ['with a tokenizer that is not one', (m) => fs.writeFileSync(path.join(m, 'tokenizer.json'), '{"model": 5}'), /tokenizer\.json: /],
    [
      'with preprocessing that makes no sense',
      (m) => fs.writeFileSync(path.join(m, 'preprocessor_config.json'), '{"image_mean": "dark"}'),
      /preprocessor_config\.json: /,
    ],
    ['with a record that is not one', (m) => fs.writeFileSync(path.join(m, 'dashi.json'), '{"format": 9}'), /dashi\.json: /],
    ['with a head that is cut off', (m) => fs.writeFileSync(path.join(m, 'head.safetensors'), 'head'), /head\.safetensors: /],
  ]
  test.each(faults)('%s', async (name, spoil, why) => {
    const model = copyOfClip(path.join(dir, 'models', name))
    spoil(model)
    await refused(['embed', '--model', model, '--text', 'a circle', '--json'], why)
  })

  test('whose weights, finite one by one, overflow together', async () => {
    const model = copyOfClip(path.join(dir, 'models', 'overflowing'))
    relabel(model, (h, data) => {
      for (const name of ['text_projection.weight', 'visual_projection.weight'])
        for (let at = h[name]!.data_offsets[0]; at < h[name]!.data_offsets[1]; at += 4) data.writeFloatLE(data.readFloatLE(at) * 1e30, at)
    })
    const why = /overflowing: weights: the embedding of .+ has no direction/
    await refused(['embed', '--model', model, '--image', picture, '--json'], why)
    await refused(['embed', '--model', model, '--text', 'circle', '--json'], why)
    await refused(['classify', '--model', model, '--image', picture, '--labels', 'a,b', '--json'], why)
    await refused(['train', '--project', project, '--recipe', 'lp', '--model', model, '--device', 'cpu', '--json'], why)
    await refused(['evaluate', '--project', project, '--checkpoint', model, '--device', 'cpu', '--json'], why)
  })

  test('by a job in the thread as well', async () => {
    await refused(
      ['train', '--project', project, '--recipe', 'lp', '--model', path.join(dir, 'models', 'with NaN'), '--device', 'cpu', '--json'],
      anywhere(`with NaN/model.safetensors: tensor ${NAME}`),
    )
    await refused(
      ['evaluate', '--project', project, '--checkpoint', path.join(dir, 'models', 'of another kind'), '--device', 'cpu', '--json'],
      /config\.json: model_type/,
    )
  })

  test('that is not there, or is a file', async () => {
    await refused(['embed', '--model', path.join(dir, 'nowhere'), '--text', 'a'], /nowhere: not found/)
    await refused(['embed', '--model', picture, '--text', 'a'], /circle-0\.png/)
    await refused(['evaluate', '--project', project, '--checkpoint', path.join(dir, 'nowhere')], /nowhere: not found/)
  })
})

/** A PNG that says it is 30,000 × 30,000 and is a few bytes. */
function bomb(): Buffer {
  const crcs = Array.from({ length: 256 }, (_, n) =>
    Array.from({ length: 8 }).reduce<number>((c) => (c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1), n),
  )
  const crc = (b: Buffer) => ([...b].reduce((c, x) => crcs[(c ^ x) & 255]! ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(30_000, 0)
  head.writeUInt32BE(30_000, 4)
  head.set([1, 0], 8)
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000_000), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

describe("an image is refused, or left out of a project's run", () => {
  const faults: [string, () => Buffer | undefined, RegExp][] = [
    ['cut off', () => fs.readFileSync(picture).subarray(0, 150), /truncated or damaged PNG/],
    ['empty', () => Buffer.alloc(0), /the file is empty/],
    ['that is text', () => Buffer.from('a circle'), /not an image/],
    ['that unpacks to a gigabyte', bomb, /30000 × 30000 pixels, the limit is/],
    ['that is not there', () => undefined, /not found|no such file/],
  ]
  test.each(faults)('%s', async (name, make, why) => {
    const file = path.join(dir, `${name}.png`)
    const bytes = make()
    if (bytes) fs.writeFileSync(file, bytes)
    const named = new RegExp(`${anywhere(file).source}: .*(${why.source})`)
    await refused(['embed', '--model', TINY_CLIP, '--image', picture, file, '--json'], named)
    await refused(['classify', '--model', TINY_CLIP, '--image', file, '--labels', 'a,b', '--json'], named)
    // In a project it is left out: of training on features, on pixels, and of measuring.
    const folder = path.join(dir, `project ${name}`)
    const broken = createProject(folder)
    addRecords(
      broken,
      [
        ...['circle', 'square', 'circle', 'square'].map((label, i) => ({
          fileName: `pictures/train/${['circle-0', 'square-1', 'circle-3', 'square-4'][i]}.png`,
          label,
          split: 'train',
        })),
        { fileName: `${name}.png`, label: 'circle', split: 'train' },
      ].map(({ fileName, label, split }) => ({ fileName, split, labels: [{ label }] })),
      { root: dir },
    )
    broken.close()
    const train = (recipe: string) => [
      'train',
      '--project',
      folder,
      '--recipe',
      recipe,
      '--model',
      TINY_CLIP,
      '--device',
      'cpu',
      '--json',
      '--set',
      ...(recipe === 'ft' ? ['batchSize=2', 'epochs=3'] : ['cCount=2']),
    ]
    for (const argv of [
      train('lp'),
      train('ft'),
      ['evaluate', '--project', folder, '--checkpoint', TINY_CLIP, '--device', 'cpu', '--json'],
    ]) {
      const { code, stdout, stderr } = await dashi(...argv)
      expect(stderr).toMatch(new RegExp(`^leaves out 1 unreadable image: ${anywhere(`${name}.png`).source} \\(.*(${why.source})`, 'm'))
      expect(code, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        leftOut: [{ file: expect.stringContaining(`${name}.png`) as string, reason: expect.stringMatching(why) as string }],
      })
    }
  })
})

describe('a command is refused', () => {
  const train = (...more: string[]) => ['train', '--project', 'PROJECT', '--model', TINY_CLIP, '--device', 'cpu', '--json', ...more]
  const faults: [string, string[], RegExp][] = [
    ['that there is not', ['trian'], /unknown command 'trian'/],
    ['without one of its options', ['train', '--recipe', 'lp'], /required option '--project <dir>' not specified/],
    ['with an unknown option', train('--recipe', 'lp', '--recip', 'lp'), /unknown option '--recip'.*--recipe/],
    ['with an option that lacks its value', ['train', '--project'], /--project/],
    ['with a surplus argument', train('--recipe', 'lp', 'more'), /too many arguments/],
    ['with an unknown recipe', train('--recipe', 'lpft'), /unknown recipe "lpft": there are zero-shot, lp, ft, lp-ft, coop/],
    ['with an unknown setting', train('--recipe', 'ft', '--set', 'epoch=3'), /recipe ft: unknown setting epoch \(it has epochs, /],
    ['with a setting of the wrong type', train('--recipe', 'ft', '--set', 'epochs=many'), /recipe ft: epochs: .*expected (number|int)/],
    ['with a setting out of range', train('--recipe', 'ft', '--set', 'lr=-1'), /recipe ft: lr: /],
    ['with a setting that is no whole number', train('--recipe', 'ft', '--set', 'batchSize=2.5'), /recipe ft: batchSize: /],
    [
      'with a choice that there is not',
      train('--recipe', 'ft', '--set', 'augmentation=wild'),
      /recipe ft: augmentation: .*none.*light.*strong/,
    ],
    ['with a setting that is none', train('--recipe', 'ft', '--set', 'epochs'), /--set: expected key=value, found "epochs"/],
    [
      'with settings that a recipe has not',
      train('--recipe', 'zero-shot', '--set', 'lr=1'),
      /recipe zero-shot: unknown setting lr \(it has deep, interpolate\)/,
    ],
    ['with a name that is none', train('--recipe', 'lp', '--name', ''), /name: expected letters or digits/],
    [
      'with the name of another folder',
      train('--recipe', 'lp', '--name', '..'),
      /name: expected letters or digits, not beginning with "\."/,
    ],
    ['with the name of a state', train('--recipe', 'lp', '--name', 'lp.run'), /name: .*found "lp\.run"/],
    [
      'with a name too long for a file',
      train('--recipe', 'lp', '--name', 'x'.repeat(300)),
      /x+(\.run)?: cannot be written: its name is too long/,
    ],
    ['with a seed that is no number', train('--recipe', 'lp', '--seed', 'x'), /--seed: expected a whole number, found "x"/],
    [
      'with an unknown device',
      ['train', '--project', 'PROJECT', '--recipe', 'lp', '--device', 'tpu'],
      /--device.*tpu.*auto, cuda, dml, coreml, webgpu, cpu/,
    ],
    [
      'with a device that is not here',
      ['train', '--project', 'PROJECT', '--recipe', 'lp', '--model', TINY_CLIP, '--device', 'coreml'],
      /device coreml: not available here/,
    ],
    ['with a context longer than the model', train('--recipe', 'coop', '--set', 'contextLength=14'), /contextLength: 14 leaves no room/],
    [
      'with a rate at which training explodes',
      train('--recipe', 'ft', '--set', 'lr=10', 'weightDecay=1', 'epochs=40', 'warmup=0'),
      /the loss became|training/,
    ],
    ['on a project that is not there', ['train', '--project', '/nowhere/at/all', '--recipe', 'lp'], /\/nowhere\/at\/all: holds no project/],
    [
      'on a split that is not there',
      ['evaluate', '--project', 'PROJECT', '--checkpoint', TINY_CLIP, '--split', 'tset', '--device', 'cpu'],
      /no labelled images in the split "tset" \(splits: train, val, heldOut, id, ood\)/,
    ],
    ['without images or texts', ['embed', '--model', TINY_CLIP], /give --image or --text/],
    ['with labels that are none', ['classify', '--model', TINY_CLIP, '--image', 'PICTURE', '--labels', ' , '], /--labels: expected names/],
    ['without labels where the model has no classes', ['classify', '--model', TINY_CLIP, '--image', 'PICTURE'], /--labels is needed/],
    [
      'with an unknown method',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'mean', '--out', 'OUT'],
      /unknown method "mean": there are uniform, /,
    ],
    [
      'with an unknown setting of a method',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'wise-ft', '--out', 'OUT', '--set', 'alfa=1'],
      /wise-ft: unknown setting alfa \(it has alpha\)/,
    ],
    [
      'with a wrong setting of a method',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'ties', '--out', 'OUT', '--set', 'density=2'],
      /ties: density: /,
    ],
    [
      'with too few checkpoints',
      ['merge', TINY_CLIP, '--method', 'wise-ft', '--out', 'OUT'],
      /wise-ft blends a base and one other checkpoint, found 1/,
    ],
    ['without checkpoints', ['merge', '--method', 'uniform', '--out', 'OUT'], /missing required argument 'checkpoints'/],
    ['greedy without a project', ['merge', TINY_CLIP, '--method', 'greedy', '--out', 'OUT'], /greedy needs --project/],
    [
      'with models that differ',
      ['merge', TINY_CLIP, goldenPath('clip/gelu'), '--method', 'uniform', '--out', 'OUT'],
      /gelu\/config\.json: \S+: expected .*, found .*variants of one model/,
    ],
    [
      'with weights that differ',
      ['merge', TINY_CLIP, 'NARROW', '--method', 'uniform', '--out', 'OUT'],
      /narrow\/model\.safetensors: tensor \S+: /,
    ],
    ['with a checkpoint that is not there', ['merge', TINY_CLIP, '/nowhere', '--method', 'uniform', '--out', 'OUT'], /\/nowhere\S*: /],
    [
      'with somebody’s folder to be replaced',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', 'PICTURES'],
      /pictures: has files and no dashi\.json: not replaced/,
    ],
    [
      'with one of the checkpoints to be replaced',
      ['merge', TINY_CLIP, 'COPY', '--method', 'uniform', '--out', 'COPY/../copy'],
      /copy: is what the new checkpoint is made from/,
    ],
    [
      'with its base to be replaced',
      ['train', '--project', 'PROJECT', '--recipe', 'lp', '--model', 'PROJECT/checkpoints/base', '--name', 'base'],
      /base: is what the new checkpoint is made from/,
    ],
    [
      'with one weight for two',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'linear', '--out', 'OUT', '--set', 'weights=1'],
      /linear: weights: expected one number a checkpoint/,
    ],
    ['with a file to be replaced', ['merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', 'PICTURE'], /circle-0\.png: is a file/],
    [
      'on a folder to be written below a file',
      ['merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', 'PICTURE/soup'],
      /circle-0\.png\/soup: cannot be written: a part of its path is a file/,
    ],
    ['to make a project where one is', ['project', 'create', 'PROJECT'], /project: already contains a project/],
  ]
  beforeAll(() => {
    relabel(copyOfClip(path.join(dir, 'narrow')), (h) => {
      h[NAME]!.shape.reverse()
    })
    for (const place of [path.join(dir, 'copy'), path.join(project, 'checkpoints/base')])
      fs.writeFileSync(path.join(copyOfClip(place), 'dashi.json'), '{}')
  })
  test.each(faults)('%s', async (_, argv, why) => {
    const before = filesOf(path.join(dir, 'pictures'))
    const places: Record<string, string> = {
      PROJECT: project,
      PICTURES: path.join(dir, 'pictures'),
      PICTURE: picture,
      OUT: path.join(dir, 'out'),
      NARROW: path.join(dir, 'narrow'),
      COPY: path.join(dir, 'copy'),
    }
    await refused(
      argv.map((x) => x.replace(/PROJECT|PICTURES|PICTURE|OUT|NARROW|COPY/, (place) => places[place]!)),
      why,
    )
    expect(fs.existsSync(places['OUT']!)).toBe(false)
    expect(filesOf(path.join(dir, 'pictures'))).toEqual(before)
  })
})

describe('a project is refused', () => {
  const labelled = (split: string, label: string, i: number) => ({ fileName: `train/${label}-${i}.png`, split, labels: [{ label }] })
  const faults: [string, ReturnType<typeof labelled>[], RegExp][] = [
    [
      'with a class that has no examples to train on',
      [labelled('train', 'circle', 0), labelled('train', 'square', 1), labelled('id', 'stripes', 2)],
      /no training image for the class "stripes"/,
    ],
    [
      'with several such classes',
      [labelled('train', 'circle', 0), labelled('id', 'square', 1), labelled('id', 'stripes', 2)],
      /no training image for the classes "square", "stripes"/,
    ],
    ['without training images', [labelled('id', 'circle', 0), labelled('id', 'square', 1)], /no labelled images in the split "train"/],
    ['with one class only', [labelled('train', 'circle', 0)], /only one label is used \(circle\)/],
  ]
  test.each(faults)('%s', async (name, records, why) => {
    const folder = path.join(dir, name)
    const made = createProject(folder)
    addRecords(made, records, { root: path.join(dir, 'pictures') })
    made.close()
    await refused(['train', '--project', folder, '--recipe', 'lp', '--model', TINY_CLIP, '--device', 'cpu', '--json'], why)
  })

  test('whose database is none', async () => {
    const folder = path.join(dir, 'no database')
    fs.mkdirSync(folder)
    fs.writeFileSync(path.join(folder, 'project.db'), 'not a database, but long enough to be taken for one'.repeat(40))
    await refused(['train', '--project', folder, '--recipe', 'lp'], /project\.db/)
    await refused(['project', 'info', folder], /project\.db/)
  })
})
