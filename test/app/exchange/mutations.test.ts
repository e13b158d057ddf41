/** Files that are nearly right: any value of any format may be something else; what is good is taken, and a fault is one line. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { type FormatName, importOptions } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { Source } from '../../../src-main/app/exchange/draft.ts'
import { Findings } from '../../../src-main/app/exchange/findings.ts'
import { formatRecord, settingsOf } from '../../../src-main/app/exchange/index.ts'
import { settle } from '../../../src-main/app/exchange/settle.ts'
import { Tree } from '../../../src-main/app/exchange/tree.ts'
import { folder, fresh } from './helpers.ts'

/** What a file becomes, without a project to hold it. */
async function read(format: FormatName, dir: string, file: string): Promise<ImageRecord[]> {
  const tree = new Tree(dir)
  const source: Source = {
    tree,
    images: tree,
    file,
    findings: new Findings(),
    options: importOptions.parse({ hash: false }),
    unpackTo: fresh,
    took: () => undefined,
    declareLabels: () => undefined,
  }
  const records: ImageRecord[] = []
  for await (const draft of formatRecord(format).read!(source, settingsOf(formatRecord(format), 'import', {}))) {
    const record = await settle(source, draft, path.join(tree.root, draft.image.path))
    if (record) records.push(record)
  }
  return records
}

const samples: Partial<Record<FormatName, unknown>> = {
  via: {
    'a.png1': {
      filename: 'a.png',
      size: 1,
      regions: [
        {
          shape_attributes: { name: 'polygon', all_points_x: [1, 10, 10], all_points_y: [1, 1, 10] },
          region_attributes: { class: 'cat', parts: { head: true } },
        },
      ],
      file_attributes: { caption: 'x', quality: { good: true } },
    },
  },
  karpathy: { images: [{ filepath: 'x', filename: 'a.png', split: 'val', sentences: [{ raw: 'a cat', tokens: ['a'] }] }] },
  createml: [{ image: 'a.png', annotations: [{ label: 'cat', coordinates: { x: 10, y: 9, width: 6, height: 4 } }] }],
  vott: {
    name: 'p',
    tags: [{ name: 'cat' }],
    assets: {
      a1: {
        asset: { id: 'a1', name: 'a.png', path: 'file:a.png', size: { width: 40, height: 30 } },
        regions: [
          {
            type: 'POLYGON',
            tags: ['cat'],
            boundingBox: { left: 1, top: 1, width: 2, height: 2 },
            points: [
              { x: 1, y: 1 },
              { x: 9, y: 1 },
              { x: 9, y: 9 },
            ],
          },
        ],
      },
    },
  },
  supervisely: {
    description: 'x',
    size: { width: 40, height: 30 },
    tags: [{ name: 'a', value: 1 }],
    objects: [
      {
        classTitle: 'cat',
        geometryType: 'polygon',
        tags: [{ name: 'b' }],
        points: {
          exterior: [
            [1, 1],
            [9, 1],
            [9, 9],
          ],
          interior: [
            [
              [2, 2],
              [3, 2],
              [3, 3],
            ],
          ],
        },
      },
    ],
  },
  isat: {
    info: { description: 'ISAT', name: 'a.png', width: 40, height: 30, note: 'n' },
    objects: [
      {
        category: 'cat',
        group: 1,
        segmentation: [
          [1, 1],
          [9, 1],
          [9, 9],
        ],
        layer: 1,
        bbox: [1, 1, 9, 9],
        iscrowd: false,
        note: '',
      },
    ],
  },
  'segment-anything': {
    image: { file_name: 'a.png', width: 40, height: 30 },
    annotations: [
      { segmentation: { size: [30, 40], counts: [92, 2, 1106] }, bbox: [1, 1, 2, 2], predicted_iou: 0.5, point_coords: [[1, 2]] },
    ],
  },
  vlm: [
    {
      image: 'a.png',
      conversations: [
        { from: 'human', value: '<image> describe this' },
        { from: 'gpt', value: 'a cat' },
      ],
    },
    { image: 'a.png', prefix: 'detect cat', suffix: '<loc0001><loc0002><loc0300><loc0400> cat' },
  ],
  'json-rows': [
    {
      file_name: 'a.png',
      caption: ['x'],
      label: 'cat',
      objects: { bbox: [[1, 2, 3, 4]], category: [0], segmentation: [[[1, 1, 5, 1, 5, 5]]], score: [1] },
    },
  ],
}

const nest = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
const values: unknown[] = [null, {}, [null], 'x\0', -1, 1e308, { a: { constructor: [1] } }, nest(190), `../../${'x'.repeat(3000)}`]

/** Every document that has one value (or one key less) changed. */
function* changed(doc: unknown, at: (v: unknown) => unknown = (v) => v): Generator<unknown> {
  for (const v of values) yield at(v)
  if (typeof doc !== 'object' || doc === null) return
  for (const key of Object.keys(doc)) {
    const other = (v: unknown) => (Array.isArray(doc) ? doc.map((o: unknown, i) => (String(i) === key ? v : o)) : { ...doc, [key]: v })
    yield at(
      Array.isArray(doc) ? doc.filter((_, i) => String(i) !== key) : Object.fromEntries(Object.entries(doc).filter(([k]) => k !== key)),
    )
    yield* changed((doc as Record<string, unknown>)[key], (v) => at(other(v)))
  }
}

test.each(Object.entries(samples) as [FormatName, unknown][])('%s', async (format, doc) => {
  const name = format === 'supervisely' ? 'a.png.json' : 'a.json'
  const dir = await folder({ 'a.png': [40, 30] })
  let taken = 0
  for (const variant of [doc, ...changed(doc)]) {
    writeFileSync(`${dir}/${name}`, JSON.stringify(variant))
    try {
      for (const r of await read(format, dir, name)) {
        taken++
        expect(JSON.stringify((r.regions ?? []).map((x) => x.shape))).not.toContain('null')
      }
    } catch (e) {
      expect(e, JSON.stringify(variant).slice(0, 1000)).toMatchObject({ name: 'DashiError' })
      expect((e as Error).message).not.toMatch(/undefined|\[object|is not a function|Invalid input/)
    }
  }
  expect(taken).toBeGreaterThan(10)
})

const tables = {
  boxes: 'filename,width,height,class,xmin,ymin,xmax,ymax,score\na.png,40,30,cat,1,2,11,10,0.5\n',
  lists: "image_id,boxes,label\na.png,\"[{'x': 1, 'y': 2, 'width': 3, 'height': 4}]\",cat\n",
  outlines: 'image,polygon,label\na.png,"POLYGON ((1 1, 9 1, 9 9, 1 1))",cat\n',
  runs: 'ImageId,EncodedPixels\na.png,1 2 31 1\n',
  classes: 'filename,cat,dog\na.png,1,0\n',
  captions: 'image,caption\na.png,a cat\n',
  ours: 'file_name,split,image_width,image_height,label,xmin,ymin,xmax,ymax,shape,caption,language,region,spans,attributes,author,state,tags,review\na.png,train,40,30,cat,1,2,3,4,"{""kind"":""box"",""x"":1,""y"":2,""w"":3,""h"":4}",,,,,"{""a"":1}","{""kind"":""person"",""name"":""Z""}",,"[""t""]",\na.png,,,,,,,,,,text,en,0,"[{""start"":0,""end"":2,""regions"":[0]}]",,,,,\n',
}
const cells = [
  '',
  'nan',
  '-1',
  '1e999',
  'x',
  '"',
  '[',
  '{',
  "['",
  '(((',
  '"[[[[1]]]]"',
  '{}',
  '[]',
  'null',
  'a,b',
  '1 2 3',
  '999999999999 5',
  '\0',
  '\ufffd',
  '=1+1',
  'x'.repeat(3000),
]
test.each(Object.entries(tables))('a table of %s', async (_, text) => {
  const dir = await folder({ 'a.png': [40, 30] })
  const [header, ...rows] = text.trim().split('\n')
  // Each column in turn: a row for each odd cell.
  for (const row of rows) {
    const fields = row.split(/(,)(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    for (let i = 0; i < fields.length; i += 2) {
      const odd = cells.filter((c) => c !== '"').map((cell) => fields.map((f, k) => (k === i ? cell : f)).join(''))
      writeFileSync(`${dir}/a.csv`, `${[header, ...rows, ...odd].join('\n')}\n${i === 0 ? '"' : ''}`)
      expect(await read('csv', dir, 'a.csv')).not.toEqual([])
    }
  }
  for (const odd of [`"${header}`, header!.replaceAll(',', ';'), header!.split(',').reverse().join(','), `${header},${header}`]) {
    writeFileSync(`${dir}/a.csv`, `${odd}\n${rows.join('\n')}\n`)
    await read('csv', dir, 'a.csv').catch((e: unknown) => expect(e).toMatchObject({ name: 'DashiError' }))
  }
})
