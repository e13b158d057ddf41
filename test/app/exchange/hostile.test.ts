/** Files of strangers: what is good is taken, what is not is refused with a line, and nothing is written outside. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pack } from 'tar-stream'
import { describe, expect, test } from 'vitest'
import yazl from 'yazl'
import { buffer } from 'node:stream/consumers'
import { jsonItems } from '../../../src-main/app/exchange/json.ts'
import { importInto, openArchive } from '../../../src-main/app/exchange/index.ts'
import { folder, fresh, picture, project, recordsOf } from './helpers.ts'

const coco = (images: object[], annotations: object[]) => JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'cat' }] })
const image = { id: 1, file_name: 'a.png', width: 40, height: 30 }
const box = (bbox: unknown[], more = {}) => ({ id: 1, image_id: 1, category_id: 1, bbox, ...more })

async function importCoco(text: string, files: Record<string, [number, number]> = { 'a.png': [40, 30] }) {
  const dir = await folder({ 'annotations.json': text, ...files })
  const p = project()
  const report = await importInto(p, dir, { format: 'coco' })
  return { report, records: recordsOf(p), reasons: report.findings.map((f) => `${f.level}: ${f.reason}`) }
}

describe('coordinates', () => {
  test('NaN and infinity, as Python writes them', async () => {
    const text = coco([image], [box(['N', 0, 5, 5], { id: 1 }), box([0, 'I', 5, 5], { id: 2 }), box([1, 2, 3, 4], { id: 3 })])
      .replace('"N"', 'NaN')
      .replace('"I"', '-Infinity')
    const { records, reasons } = await importCoco(text)
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual([{ kind: 'box', x: 1, y: 2, w: 3, h: 4 }])
    expect(reasons).toEqual(['left out: box: a coordinate is not a finite number', 'left out: box: a coordinate is not a finite number'])
  })

  test('outside the image, reaching outside, empty', async () => {
    const { records, reasons } = await importCoco(
      coco(
        [image],
        [box([100, 100, 5, 5], { id: 1 }), box([30, 20, 50, 50], { id: 2 }), box([3, 3, 0, 4], { id: 3 }), box([1, 1, -4, 4], { id: 4 })],
      ),
    )
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual([{ kind: 'box', x: 30, y: 20, w: 10, h: 10 }])
    expect(reasons).toEqual([
      'left out: box: outside the image (100, 100 to 105, 105 of 40 × 30)',
      'changed: box: reached outside the image (30, 20 to 80, 70 of 40 × 30), clipped to it',
      'left out: box: empty (0 × 4)',
      'left out: box: empty (-4 × 4)',
    ])
  })

  test('polygons that reach far outside are quick', async () => {
    const { records } = await importCoco(
      coco([image], [box([0, 0, 1, 1], { segmentation: [[-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]] })]),
    )
    expect(records[0]!.regions!).toHaveLength(1)
  })

  test('wrong sizes of the image, of a mask and of its runs', async () => {
    const size = (w: number, h: number) => ({ ...image, width: w, height: h })
    expect((await importCoco(coco([size(4000, 3000)], [box([1, 2, 3, 4])]))).reasons).toEqual([
      "changed: a.png: is 40 × 30, annotated as 4000 × 3000; the file's size was used",
    ])
    expect((await importCoco(coco([size(-1, 0.5)], [box([1, 2, 3, 4])]))).reasons).toEqual([
      'changed: a.png: size -1 × 0.5 is not a valid image size',
    ])
    const masks = [
      { size: [3000, 4000], counts: [0, 12000000] },
      { size: [30, 40], counts: [0, 5] },
      { size: [30, 40], counts: 'garbage~' },
      { size: [1e9, 1e9], counts: '' },
    ]
    const bare = await importCoco(
      coco(
        [image],
        masks.map((segmentation, id) => ({ id, image_id: 1, category_id: 1, segmentation })),
      ),
    )
    expect(bare.records[0]!.regions).toEqual([])
    expect(bare.reasons.map((r) => r.split(':')[0])).toEqual(Array(4).fill('left out'))
    // What a box beside them says is no lie.
    const { records, reasons } = await importCoco(
      coco(
        [image],
        masks.map((segmentation, id) => box([0, 0, 9, 9], { id, segmentation })),
      ),
    )
    expect(records[0]!.regions!.map((r) => r.shape)).toEqual(Array(4).fill({ kind: 'box', x: 0, y: 0, w: 9, h: 9 }))
    expect(reasons).toEqual(Array(4).fill(expect.stringMatching(/^changed: annotation \d: .*; its box was used$/)))
  })
})

describe('structure', () => {
  test('duplicate ids, unknown categories, annotations without an image, records of the wrong type', async () => {
    const { records, reasons } = await importCoco(
      coco(
        [image, { ...image, file_name: 'b.png' }],
        [
          box([1, 1, 2, 2]),
          box([2, 2, 2, 2]),
          box([3, 3, 2, 2], { id: 9, category_id: 77 }),
          box([1, 1, 1, 1], { id: 10, image_id: 5 }),
          { id: 'x', image_id: {} } as object,
        ],
      ),
    )
    expect(records.map((r) => r.fileName)).toEqual(['a.png'])
    expect(records[0]!.regions!.map((r) => r.label)).toEqual(['cat', 'cat', 'category 77'])
    expect(reasons.join('\n')).toMatch(
      /annotations: image_id.*\n.*image id 1 occurs more than once.*\n.*annotation id 1 occurs more than once.*\n.*image 5, which.*\n.*category 77 is not defined/,
    )
  })

  test('each finding names the right line', async () => {
    const text = `{"images": [${JSON.stringify(image)}],\n"annotations": [\n${JSON.stringify(box([1, 1, 2, 2]))},\n{"image_id": 1, "bbox": [}, \n${JSON.stringify(box([900, 1, 2, 2], { id: 2 }))}\n]}`
    await expect(importCoco(text)).rejects.toThrow(/line 4/)
    const { report } = await importCoco(text.replace('[}', '7}'))
    expect(report.findings.map((f) => f.line)).toEqual([4, 3, 5])
  })

  test('truncated, endlessly nested or not JSON: one line, and nothing is stored', async () => {
    const whole = coco([image], [box([1, 1, 2, 2])])
    for (const [text, problem] of [
      [whole.slice(0, -20), /ends in the middle/],
      [`{"images": ${'['.repeat(1e6)}`, /nested more than 200 deep/],
      ['hello', /expected a JSON object or array/],
      [`${whole} {}`, /unexpected text after/],
    ] as const)
      await expect(importCoco(text)).rejects.toThrow(problem)
  })

  test('memory does not grow with the document', async () => {
    const dir = await folder({})
    mkdirSync(dir, { recursive: true })
    const file = path.join(dir, 'large.json')
    const element = `{"id": 1, "text": "${'x'.repeat(1000)}", "nested": [[1, 2], {"a": "}]"}]}`
    writeFileSync(file, `{"skipped": [${Array(20000).fill(element).join(',\n')}], "items": [${Array(20000).fill(element).join(',\n')}]}`)
    const before = process.memoryUsage().heapUsed
    let most = 0
    let n = 0
    for (const { line } of jsonItems(file, { elements: ['items'] })) {
      expect(line).toBe(20000 + n)
      if (n++ % 1000 === 0) most = Math.max(most, process.memoryUsage().heapUsed)
    }
    expect(n).toBe(20000)
    expect(most - before).toBeLessThan(60e6) // of a document of 44 MB that would be some 150 MB as objects
  })
})

describe('paths', () => {
  test('climbing and absolute paths are looked up inside the folder; nothing else is opened', async () => {
    const outside = await folder({ 'secret.png': [9, 9] })
    const names = [
      '../../../../etc/passwd',
      '/etc/passwd',
      path.join(outside, 'secret.png'),
      `../${path.basename(outside)}/secret.png`,
      'C:\\data\\a.png',
      'a\0.png',
      '..',
    ]
    const { records, report } = await importCoco(
      coco(
        names.map((file_name, id) => ({ id, file_name, width: 40, height: 30 })),
        [],
      ),
    )
    // C:\data\a.png is a.png, which lies here; images that are not here have places within the folder, where no file is.
    const [secret] = [path.basename(outside)]
    expect(records.map((r) => [r.fileName.split('/').slice(-2).join('/'), Boolean(r.contentHash)])).toEqual([
      [`${secret}/secret.png`, false],
      [`${secret}/secret.png`, false],
      ['a.png', true],
    ])
    expect(records.every((r) => !r.fileName.startsWith('/') && !r.fileName.includes('..'))).toBe(true)
    expect([report.leftOut, report.changed, report.missing]).toEqual([4, 3, 2])
  })

  test('symbolic links that lead outside are not followed', async () => {
    const outside = await folder({ 'secret.png': [9, 9] })
    const dir = await folder({ 'cats/a.png': [4, 4] })
    symlinkSync(path.join(outside, 'secret.png'), path.join(dir, 'cats/linked.png'))
    symlinkSync(outside, path.join(dir, 'dogs'))
    symlinkSync('..', path.join(dir, 'cats/loop'))
    const p = project()
    const report = await importInto(p, dir, { format: 'folders' })
    expect(recordsOf(p).map((r) => r.fileName)).toEqual(['cats/a.png'])
    expect(report.findings.map((f) => f.file)).toEqual(['cats/linked.png', 'dogs'])
    const q = project()
    writeFileSync(path.join(dir, 'annotations.json'), coco([{ ...image, file_name: 'cats/linked.png' }], [box([1, 1, 2, 2])]))
    expect((await importInto(q, dir, { format: 'coco' })).findings.map((f) => f.reason)).toEqual([
      'cats/linked.png: not found; the annotations were kept unchanged',
    ])
  })
})

describe('XML', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "${'x'.repeat(100)}"><!ENTITY y "&x;&x;&x;&x;">]><annotation><filename>a.png</filename><object><name>&y;</name></object></annotation>`
  const file = '<!DOCTYPE annotation SYSTEM "file:///etc/passwd"><annotation></annotation>'
  test.each([
    ['entities', bomb],
    ['another file', file],
    ['an entity not defined', '<annotation><filename>&z;</filename></annotation>'],
    ['not closed', '<annotation><object>'],
    ['nested without end', `<annotation>${'<a>'.repeat(1e5)}`],
  ])('%s', async (_, text) => {
    const dir = await folder({
      'a.xml': text,
      'a.png': [4, 4],
      'b.xml':
        '<annotation><filename>b.png</filename><object><name>cat</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>',
      'b.png': [4, 4],
    })
    const p = project()
    const report = await importInto(p, dir, { format: 'voc' })
    expect(recordsOf(p).map((r) => r.fileName)).toEqual(['b.png'])
    expect([report.leftOut, report.findings[0]!.file]).toEqual([1, 'a.xml'])
  })
})

describe('archives', () => {
  async function zipOf(entries: [string, string | Buffer, number?][]): Promise<string> {
    const zip = new yazl.ZipFile()
    // yazl refuses such names itself, so they are put in afterwards, of the same length.
    const names = entries.map(([name], i) => `${i}`.padStart(name.length, '_'))
    entries.forEach(([, content, mode], i) =>
      zip.addBuffer(Buffer.from(content as string), names[i]!, { mode: mode ?? 0o100644, compress: true }),
    )
    zip.end()
    let bytes = await buffer(zip.outputStream as never)
    for (const [i, [name]] of entries.entries()) {
      const from = Buffer.from(names[i]!)
      for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1))
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(name, 'latin1'), bytes.subarray(at + from.length)])
    }
    const file = `${fresh('archive')}.zip`
    writeFileSync(file, bytes)
    return file
  }

  test('zip slip, absolute paths and links are left out, the rest is imported', async () => {
    const png = await picture(8, 8, 'a')
    const file = await zipOf([
      ['../../../escaped.png', png],
      ['/abs_olute.png', png],
      ['cats/ok_name.png', png],
      ['li_nk.png', '/etc/passwd', 0o120777],
      ['..\\win_dows.png', png],
    ])
    const p = project()
    const report = await importInto(p, file, { format: 'folders' })
    expect(recordsOf(p).map((r) => [r.fileName, r.labels![0]!.label])).toEqual([['cats/ok_name.png', 'cats']])
    expect(report.findings.map((f) => f.file)).toEqual(['../../../escaped.png', '/abs_olute.png', 'li_nk.png', '..\\win_dows.png'])
    expect(readdirSync(path.dirname(p.folder)).some((n) => n.includes('escaped'))).toBe(false)
    expect(existsSync('/abs_olute.png')).toBe(false)
  })

  test('a zip bomb is refused and leaves nothing behind', async () => {
    const file = await zipOf([['cats/large_one.png', Buffer.alloc(70 * 2 ** 20)]])
    const p = project()
    await expect(importInto(p, file)).rejects.toThrow(/unpacks to more than/)
    expect(existsSync(path.join(p.folder, 'media')) ? readdirSync(path.join(p.folder, 'media')) : []).toEqual([])
    await expect(openArchive(file, fresh('opened'))).rejects.toThrow(/unpacks to more than/)
  })

  test('a tar with climbing paths, links and a truncated end', async () => {
    const tar = pack()
    const png = await picture(8, 8, 'a')
    tar.entry({ name: '../../up.png' }, png)
    tar.entry({ name: '/abs.png' }, png)
    tar.entry({ name: 'link.png', type: 'symlink', linkname: '/etc/passwd' })
    tar.entry({ name: 'ok.png' }, png)
    tar.entry({ name: 'ok.txt' }, 'a caption')
    tar.entry({ name: 'zz.png' }, png)
    tar.finalize()
    const bytes = await buffer(tar)
    const dir = await folder({ 'a.tar': bytes.subarray(0, bytes.length - 1024 - 512) })
    const p = project()
    const report = await importInto(p, path.join(dir, 'a.tar'))
    expect(recordsOf(p).map((r) => [r.fileName, r.captions![0]?.text])).toEqual([['a/ok.png', 'a caption']])
    expect(report.findings.map((f) => f.file)).toEqual(['a.tar:../../up.png', 'a.tar:/abs.png', 'a.tar:link.png', 'a.tar'])
  })
})

test('bad YOLO rows are reported with their line', async () => {
  const dir = await folder({
    'images/a.png': [40, 30],
    'labels/a.txt': '0 0.5 0.5 0.2 0.2\n0 0.5 0.5\n0 nan 0.5 0.2 0.2\n-1 0.5 0.5 0.1 0.1\n1 0.1 0.1 0.9 0.1 0.9 0.9\n0 200 100 50 50\nx\n',
    'classes.txt': 'cat\ndog\n',
  })
  const p = project()
  const report = await importInto(p, dir)
  expect(recordsOf(p)[0]!.regions!.map((r) => [r.label, r.shape.kind])).toEqual([
    ['cat', 'box'],
    ['dog', 'polygon'],
  ])
  expect(report.findings.map((f) => [f.line, f.level])).toEqual([2, 3, 4, 6, 7].map((line) => [line, 'left out']))
})
