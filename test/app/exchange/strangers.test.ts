/** Values of any type in the place of any field: one that cannot be read costs a line, never the process. */
import fc from 'fast-check'
import { test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { folder, project } from './helpers.ts'

const odd = [
  '',
  '1',
  'NaN',
  'a.png',
  1e308,
  -1e308,
  0,
  -1,
  4e9,
  [],
  {},
  [[]],
  [[1, 2]],
  null,
  '[1,2,3,4]',
  '__proto__',
  { size: 'x', counts: 3 },
  { counts: 'zz~' },
  { size: [4e9, 4e9], counts: '0' },
  { size: [30, 40], counts: [1, -1] },
]
const junk = fc.oneof({ depthSize: 'small' }, fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>(...odd))
const objectOf = (...keys: string[]) => fc.dictionary(fc.constantFrom(...keys), junk)
const number = fc.oneof(fc.double(), fc.constantFrom('nan', '1e400', '-', 'x', '0', '1', '0.5', '-1', '999999999999', '0.5,0.5', '１'))

async function survives(format: FormatName, files: Parameters<typeof folder>[0]): Promise<void> {
  try {
    await importInto(project(), await folder(files), { format })
  } catch (e) {
    if (!(e instanceof DashiError)) throw e
  }
}
const runs = { numRuns: 8 }

test('COCO and panoptic', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(objectOf('id', 'file_name', 'width', 'height', 'coco_url', 'path'), { maxLength: 3 }),
      fc.array(
        objectOf(
          'id',
          'category_id',
          'bbox',
          'segmentation',
          'keypoints',
          'iscrowd',
          'caption',
          'attributes',
          'score',
          'dashi',
          'category_name',
          'segments_info',
          'file_name',
        ),
        { maxLength: 6 },
      ),
      fc.array(objectOf('id', 'name', 'supercategory', 'keypoints', 'skeleton', 'synonyms', 'synset', 'isthing'), { maxLength: 3 }),
      async (images, annotations, categories) => {
        const good = { id: 1, file_name: 'a.png', width: 40, height: 30 }
        const text = JSON.stringify({ images: [good, ...images], annotations: annotations.map((a) => ({ ...a, image_id: 1 })), categories })
        for (const format of ['coco', 'panoptic'] as const) await survives(format, { 'annotations.json': text, 'a.png': [40, 30] })
      },
    ),
    runs,
  ))

test('YOLO and DOTA', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(number, { maxLength: 16 }), { maxLength: 6 }), junk, junk, async (rows, a, b) => {
      const lines = rows.map((r) => r.join(' '))
      const yaml = JSON.stringify({ names: a, kpt_shape: b, train: a, val: b, path: a, skeleton: b, kpt_names: a })
      await survives('yolo', { 'data.yaml': yaml, 'images/a.png': [40, 30], 'labels/a.txt': lines.join('\n') })
      await survives('dota', { 'images/a.png': [40, 30], 'labelTxt/a.txt': lines.map((l) => `${l} ship 1`).join('\n') })
    }),
    runs,
  ))

const kinds = ['box', 'polygon', 'points', 'skeleton', 'mask', 'cuboid', 'ellipse', 'unknown']
test('CVAT’s videos, tables of colours, outlines of Cityscapes', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(number, number, fc.constantFrom(...kinds)), { maxLength: 5 }), junk, async (shapes, value) => {
      const elements = shapes.map(
        ([f, x, kind]) =>
          `<${kind} frame="${f}" xtl="${x}" ytl="1" xbr="${x}" ybr="3" points="${x},1;${f},2" rle="${x}" width="${x}" height="1" left="${f}" top="0"/>`,
      )
      await survives('cvat', {
        'a.xml': `<annotations><meta><mode>interpolation</mode></meta><track id="0" label="a">${elements.join('')}</track></annotations>`,
        'a.png': [40, 30],
      })
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      await survives('masks', {
        'images/a.png': [8, 8],
        'masks/a.png': [8, 8],
        'dataset_meta.json': JSON.stringify(value),
        'labelmap.txt': text,
        'class_dict.csv': text,
      })
      const objects = [value, { label: 'x', polygon: value }, { label: 'x', bbox: value }]
      await survives('cityscapes', { 'a.png': [8, 8], 'a_gtFine_polygons.json': JSON.stringify({ imgWidth: 8, imgHeight: 8, objects }) })
    }),
    runs,
  ))
