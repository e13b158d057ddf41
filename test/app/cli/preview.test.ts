/** `dashi preview`: what a model finds in one image, and what is said when it cannot look. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { type Detection, segmentSchema } from '#shared/model/preview.ts'
import { previewTasks } from '../../../src-main/app/preview/tasks.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const OWL = goldenPath('families/owlv2')
const SAM = goldenPath('../models/sam')
let dir: string
let image: string
let other: string
beforeAll(() => {
  dir = temporaryFolder()
  const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
  const put = (name: string) => {
    const file = path.join(dir, `${name}.png`)
    fs.writeFileSync(file, Buffer.from(pictures[name]!.file, 'base64'))
    return file
  }
  image = put('large')
  other = put('turned')
})

async function preview(...argv: string[]): Promise<{ code: number; out: string; error: string }> {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  try {
    const code = await runCli(['preview', ...argv], async () => ({ nano: TINY_CLIP, cache: dir }) as CliContext)
    return { code, out: said.stdout, error: said.stderr }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
async function found(...argv: string[]): Promise<Detection[]> {
  const { code, out, error } = await preview('--model', OWL, '--image', image, '--json', ...argv)
  expect(code, error).toBe(0)
  return JSON.parse(out) as Detection[]
}

describe('by words', () => {
  test('a model that reads them as a caption finds boxes too, but nothing like an example', async () => {
    const grounding = ['--model', goldenPath('../models/grounding'), '--image', image, '--json']
    const { code, out, error } = await preview(...grounding, '--text', 'Cat, red apple', '--threshold', '0', '--most', '4')
    expect(code, error).toBe(0)
    const boxes = JSON.parse(out) as Detection[]
    expect(boxes).toHaveLength(4)
    for (const { label } of boxes) expect(['Cat', 'red apple']).toContain(label)
    const refused = await preview(...grounding, '--example', image)
    expect(refused).toMatchObject({
      code: 2,
      error: expect.stringMatching(/^dashi: a Grounding DINO model finds what words say, .*\n$/) as string,
    })
  })

  test('boxes in pixels with the word that fits best, the best first', async () => {
    const boxes = await found('--text', 'cat, red apple,,cat', '--task', 'detect', '--threshold', '0')
    expect(boxes).toHaveLength(9)
    expect(boxes.map((b) => b.score)).toEqual(boxes.map((b) => b.score).sort((a, b) => b - a))
    expect(new Set(boxes.map((b) => b.label)).size).toBeLessThanOrEqual(2)
    for (const { label, box } of boxes) {
      expect(['cat', 'red apple']).toContain(label)
      expect(box).toHaveLength(4)
    }
  })

  test('a threshold leaves out what is below it, --most what is not among the best, --overlap what covers a better one', async () => {
    const all = await found('--text', 'cat', '--threshold', '0')
    const middle = (all[3]!.score + all[4]!.score) / 2
    expect(await found('--text', 'cat', '--threshold', String(middle))).toEqual(all.slice(0, 4))
    expect(await found('--text', 'cat', '--threshold', '0', '--most', '2')).toEqual(all.slice(0, 2))
    const apart = await found('--text', 'cat', '--threshold', '0', '--overlap', '0')
    expect(apart[0]).toEqual(all[0])
    expect(apart.length).toBeLessThan(all.length)
  })

  test('the sentence around the word matters: the checkpoint’s, the family’s, or one that is given', async () => {
    const plain = await found('--text', 'cat', '--threshold', '0')
    expect(await found('--text', 'cat', '--threshold', '0', '--template', 'a photo of a {}')).toEqual(plain)
    const bare = await found('--text', 'a photo of a cat', '--threshold', '0', '--template', '{}')
    expect(bare.map((b) => b.score)).toEqual(plain.map((b) => b.score))
    expect(await found('--text', 'cat', '--threshold', '0', '--template', '{}', 'a drawing of {}')).not.toEqual(plain)
  })

  test('a table for people', async () => {
    const { code, out } = await preview('--model', OWL, '--image', image, '--text', 'cat', '--most', '1')
    expect(code).toBe(0)
    expect(out).toMatch(/label +score +place\n─+\ncat +0\.\d{3} +[\d.]+ × [\d.]+ at -?[\d.]+, -?[\d.]+\n$/)
    expect((await preview('--model', OWL, '--image', image, '--text', 'cat', '--threshold', '1')).out).toMatch(/^nothing found/)
  })
})

describe('by a CLIP', () => {
  test('the boxes of a detector are named', async () => {
    const { code, out, error } = await preview(
      '--model',
      TINY_CLIP,
      '--boxes',
      OWL,
      '--image',
      image,
      '--text',
      'cat',
      '--template',
      '{}',
      '--threshold',
      '0',
      '--background',
      'dog',
      '--json',
    )
    expect(code, error).toBe(0)
    for (const { label, score } of JSON.parse(out) as Detection[]) expect([label, score > 0.5]).toEqual(['cat', true])
  })
})

describe('by an example', () => {
  test('a whole image or a region of it, with scores relative to the best', async () => {
    const whole = await found('--example', other)
    expect(whole[0]).toMatchObject({ label: 'example', score: expect.closeTo(1, 5) as number })
    const region = await found('--example', other, '--region', '0,0,9,12')
    expect(region.length).toBeGreaterThan(0)
    expect(region).not.toEqual(whole)
  })
})

describe('masks', () => {
  test('of words, with a table for people', async () => {
    const ask = [
      '--model',
      goldenPath('../models/clipseg'),
      '--image',
      image,
      '--task',
      'segment',
      '--text',
      'cat,red apple',
      '--threshold',
      '0',
      '--template',
      '{}',
    ]
    const { code, out, error } = await preview(...ask, '--json')
    expect(code, error).toBe(0)
    const masks = z.array(segmentSchema).parse(JSON.parse(out))
    expect(masks.map((m) => m.label).sort()).toEqual(['cat', 'red apple'])
    expect(masks.map((m) => m.mask.size)).toEqual([0, 1].map(() => [masks[0]!.box[3], masks[0]!.box[2]]))
    expect((await preview(...ask)).out).toMatch(/label +score +place\n─+\n(cat|red apple) +0\.\d{3} +\d+ pixels of \d+ × \d+ at 0, 0\n/)
  })

  test('of any CLIP', async () => {
    const { code, error } = await preview(
      '--model',
      TINY_CLIP,
      '--image',
      image,
      '--task',
      'segment',
      '--text',
      'cat,dog',
      '--template',
      '{}',
      '--json',
    )
    expect(code, error).toBe(0)
  })

  test('of the boxes that a detector finds, by a second model', async () => {
    const ask = [
      '--model',
      OWL,
      '--masks',
      SAM,
      '--image',
      image,
      '--task',
      'segment',
      '--text',
      'cat',
      '--threshold',
      '0',
      '--overlap',
      '1',
    ]
    const { code, out, error } = await preview(...ask, '--json')
    expect(code, error).toBe(0)
    const masks = z.array(segmentSchema).parse(JSON.parse(out))
    expect(masks.length).toBeGreaterThan(0)
    const boxes = await found('--text', 'cat', '--threshold', '0')
    for (const { score } of masks) expect(boxes.map((b) => b.score)).toContain(score)
  })

  test('a model without any says so in one line', async () => {
    const { code, error } = await preview('--model', OWL, '--image', image, '--task', 'segment', '--text', 'cat')
    expect([code, error]).toEqual([
      2,
      'dashi: preview --task segment: a OWLv2 model cannot segment images: choose a model of CLIP, SigLIP, SigLIP 2 NaFlex, CLIPSeg or GroupViT\n',
    ])
  })
})

describe('one line, and exit 2', () => {
  const ok = ['--model', OWL, '--image']
  test.each([
    ['no words', () => [...ok, image], /^dashi: preview: give --text, or --example\n$/],
    ['empty words', () => [...ok, image, '--text', ' , '], /^dashi: --text: expected words separated by commas, found " , "\n$/],
    [
      'words beyond the context',
      () => [...ok, image, '--text', 'cat cat cat cat cat cat cat cat cat cat cat cat cat cat cat cat'],
      /^dashi: the text "a photo of a cat cat .*" has \d+ tokens, more than the 16 that the model reads\n$/,
    ],
    [
      'words and an example',
      () => [...ok, image, '--text', 'cat', '--example', image],
      /^dashi: preview: expected either --text or --example/,
    ],
    [
      'a threshold above 1',
      () => [...ok, image, '--text', 'cat', '--threshold', '1.5'],
      /^dashi: --threshold: expected a number from 0 to 1, found "1.5"\n$/,
    ],
    [
      'a threshold that is no number',
      () => [...ok, image, '--text', 'cat', '--threshold', 'high'],
      /^dashi: --threshold: expected a number/,
    ],
    [
      'an overlap below 0',
      () => [...ok, image, '--text', 'cat', '--overlap=-1'],
      /^dashi: --overlap: expected a number from 0 to 1, found "-1"\n$/,
    ],
    [
      'most of nothing',
      () => [...ok, image, '--text', 'cat', '--most', '0'],
      /^dashi: --most: expected a whole number above 0, found "0"\n$/,
    ],
    [
      'a template without its word',
      () => [...ok, image, '--text', 'cat', '--template', 'a photo'],
      /^dashi: --template: expected a text with \{\} in/,
    ],
    [
      'half a region',
      () => [...ok, image, '--example', image, '--region', '1,2,3'],
      /^dashi: --region: expected x,y,width,height in pixels/,
    ],
    [
      'a region of nothing',
      () => [...ok, image, '--text', 'cat', '--region', '1,2,3,4'],
      /^dashi: preview: --region is a part of the --example\n$/,
    ],
    [
      'a region outside',
      () => [...ok, image, '--example', other, '--region', '90,90,5,5'],
      /^dashi: example: expected a region of the image, which is 26 × 40 pixels, found 90,90,5,5\n$/,
    ],
    ['an image that is not there', () => [...ok, path.join(dir, 'gone.png'), '--text', 'cat'], /^dashi: .*gone\.png: no such file\n$/],
    [
      'a model that finds nothing',
      () => ['--model', TINY_CLIP, '--image', image, '--text', 'cat'],
      /^dashi: preview --task detect: a CLIP model cannot detect objects: choose a model of OWL-ViT, OWLv2 or Grounding DINO\n$/,
    ],
    [
      'another task',
      () => [...ok, image, '--text', 'cat', '--task', 'paint'],
      /^dashi: option '--task <task>' argument 'paint' is invalid/,
    ],
    [
      'masks and boxes',
      () => [...ok, image, '--text', 'cat', '--masks', SAM, '--boxes', OWL],
      /^dashi: preview: expected either --masks or --boxes, found both\n$/,
    ],
    [
      'masks of a detector',
      () => [...ok, image, '--text', 'cat', '--task', 'segment', '--boxes', OWL],
      /^dashi: preview: a detector has no masks: give --masks, or --task detect\n$/,
    ],
    [
      'a grid of too many clicks',
      () => [...ok, image, '--text', 'cat', '--masks', SAM, '--grid', '65'],
      /^dashi: --grid: expected a whole number from 1 to 64, found "65"\n$/,
    ],
    [
      'a second model that is not there',
      () => [...ok, image, '--text', 'cat', '--masks', path.join(dir, 'gone')],
      /^dashi: .*gone: not found/,
    ],
    ['no model', () => ['--image', image, '--text', 'cat'], /^dashi: required option '--model <dir>' not specified\n$/],
  ] as const)('%s', async (_, argv, line) => {
    const { code, out, error } = await preview(...argv())
    expect(error).toMatch(line)
    expect([code, out]).toEqual([2, ''])
  })
})

test('every task is a record with an order and a name of its own', () => {
  expect(previewTasks.map((t) => t.id)).toEqual(['detect', 'segment'])
  for (const key of ['id', 'order'] as const) expect(new Set(previewTasks.map((t) => t[key])).size).toBe(previewTasks.length)
})
