/** What holds for every format: twice is once, all or nothing, cancel, losses said first, one EXIF policy, projects as archives. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { exportReport, importReport } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { exportFrom, exportLosses, importInto, openArchive } from '../../../src-main/app/exchange/index.ts'
import { projectInfo } from '../../../src-main/app/projects/info.ts'
import { undo } from '../../../src-main/db/journal.ts'
import { redoChange, undoChange, updateRegion } from '../../../src-main/app/annotations/index.ts'
import { addRecords } from '../../../src-main/app/projects/index.ts'
import { everyFormat, folder, fresh, project, projectOf, recordsOf, roundTrip } from './helpers.ts'

const records: ImageRecord[] = Array.from({ length: 7 }, (_, i) => ({
  fileName: `pics/${i}.png`,
  width: 40,
  height: 30,
  split: i < 5 ? 'train' : 'val',
  labels: [{ label: i % 2 ? 'odd' : 'even' }],
  captions: [{ text: `number ${i}` }],
  regions: [
    { label: 'cat', shape: { kind: 'box', x: 1 + i, y: 2, w: 10, h: 11 } },
    { label: 'dog', shape: { kind: 'polygon', parts: [[[1, 1, 20, 1, 20, 20 + i, 1, 20]]] } },
  ],
}))

test.each(everyFormat)('%s: the same import again adds nothing', async (format) => {
  const p = await projectOf(records)
  const out = fresh('out')
  const exported = await exportFrom(p, out, { format, images: 'copy' })
  expect(exportReport.parse(exported)).toEqual(exported)
  const q = project()
  const first = await importInto(q, out, { format })
  expect(importReport.parse(first)).toEqual(first)
  expect(first.counts.added).toBe(7)
  const { datasetHash } = projectInfo(q)
  const again = await importInto(q, out, { format })
  expect(again.counts).toEqual({ added: 0, merged: 0, unchanged: 7, labels: 0, regions: 0, imageLabels: 0, captions: 0, tags: 0 })
  expect(projectInfo(q).datasetHash).toBe(datasetHash)
  // Out again and into the same project from another folder: the images are known by their content and name.
  if (format !== 'coco') return
  const elsewhere = fresh('out')
  await exportFrom(q, elsewhere, { format, images: 'copy' })
  expect((await importInto(q, elsewhere)).counts).toMatchObject({ added: 0, unchanged: 7, regions: 0, captions: 0 })
})

test.each(everyFormat)('%s: images with the same path in two folders, or differing only in case, stay separate', async (format) => {
  const p = project()
  const box = (w: number) => ({
    captions: [{ text: `${w} wide` }],
    labels: [{ label: 'cat' }],
    regions: [{ label: 'cat', shape: { kind: 'box', x: 1, y: 2, w, h: 8 } as const }],
  })
  for (const [name, width] of [
    ['pics/a.png', 40],
    ['pics/a.png', 50],
    ['images/Pics/A.png', 60],
  ] as const)
    addRecords(p, [{ fileName: name, width, height: 30, ...box(width / 10) }], { root: await folder({ [name]: [width, 30] }) })
  const { exported, imported, records } = await roundTrip(p, { format, ...(format === 'voc' ? { settings: { base: '0' } } : {}) })
  expect(imported).toMatchObject({ counts: { added: 3 }, leftOut: 0 })
  expect(exported.findings.filter((f) => f.level === 'changed').map((f) => f.reason)).toEqual(
    ['pics/a-2.png', 'images/Pics/A-3.png'].map((n) => expect.stringContaining(`written as ${n}`) as string),
  )
  expect(records.map((r) => r.width).sort()).toEqual([40, 50, 60])
  for (const r of records) for (const { shape } of r.regions ?? []) if (shape.kind === 'box') expect(shape.w).toBeCloseTo(r.width! / 10, 6)
})

test('Datumaro: a.jpg and a.png are two items', async () => {
  const out = fresh('out')
  await exportFrom(await projectOf(['a.jpg', 'a.png'].map((fileName) => ({ fileName, width: 8, height: 8 }))), out, { format: 'datumaro' })
  const { items } = JSON.parse(readFileSync(path.join(out, 'annotations/default.json'), 'utf8')) as { items: { id: string }[] }
  expect(items.map((i) => i.id)).toEqual(['a', 'a.png'])
})

test('all or nothing: an error leaves the project unchanged, and one undo removes the images', async () => {
  const dir = await folder({ 'annotations.json': '{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [], ', 'a.png': [4, 4] })
  const p = project()
  await expect(importInto(p, dir, { format: 'coco' })).rejects.toThrow(/ends in the middle/)
  expect(projectInfo(p)).toMatchObject({ media: 0, labels: 0 })
  const out = fresh('out')
  await exportFrom(await projectOf(records), out, { format: 'coco', images: 'copy' })
  await importInto(p, out)
  undo(p.db, 'tester')
  expect(projectInfo(p).media).toBe(0)
})

test('recognises a region edited since; new labels and images are one undo step', async () => {
  const out = fresh('out')
  await exportFrom(await projectOf(records), out, { format: 'coco', images: 'copy' })
  const p = project()
  await importInto(p, out)
  updateRegion(p, 1, { shape: { kind: 'box', x: 3, y: 3, w: 9, h: 9 }, labelId: 2 })
  const { datasetHash } = projectInfo(p)
  expect((await importInto(p, out)).counts).toMatchObject({ added: 0, merged: 0, unchanged: 7, regions: 0 })
  expect(projectInfo(p).datasetHash).toBe(datasetHash)
  undoChange(p)
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ media: 0, labels: 0, regions: 0 })
  expect(undoChange(p)).toBeNull()
  expect(redoChange(p)!.action).toBe('import')
  expect(projectInfo(p)).toMatchObject({ media: 7, regions: 14 })
})

test('batches: a cancelled import continues where it stopped', async () => {
  const out = fresh('out')
  await exportFrom(await projectOf(records), out, { format: 'coco', images: 'copy' })
  const p = project()
  const stop = new AbortController()
  const phases = new Set<string>()
  await expect(
    importInto(p, out, {
      batch: 2,
      signal: stop.signal,
      onProgress: ({ phase, done }) => (phases.add(phase), phase === 'storing' && done >= 2 && stop.abort()),
    }),
  ).rejects.toThrow(/cancelled/)
  const kept = projectInfo(p).media
  expect(kept).toBeGreaterThan(0)
  expect(kept).toBeLessThan(7)
  const report = await importInto(p, out, { batch: 2 })
  expect(report.counts.added).toBe(7 - kept)
  expect(report.counts.unchanged).toBe(kept)
  expect([...phases]).toEqual(['reading', 'storing'])
})

describe('export', () => {
  test('reports first what the format loses', async () => {
    const p = await projectOf([
      {
        fileName: 'a.png',
        width: 40,
        height: 30,
        tags: ['t'],
        regions: [
          {
            label: 'cat',
            shape: {
              kind: 'polygon',
              parts: [
                [
                  [1, 1, 30, 1, 30, 25],
                  [20, 5, 25, 5, 25, 9],
                ],
              ],
            },
            attributes: { a: 1 },
          },
          { label: 'cat', shape: { kind: 'rotated-box', cx: 9, cy: 9, w: 4, h: 5, angle: 20 } },
          { label: 'dog', shape: { kind: 'box', x: 1, y: 1, w: 2, h: 2 }, author: { kind: 'checkpoint', checkpoint: 'm', score: 0.5 } },
        ],
        captions: [{ text: 'a cat', region: 0, spans: [{ start: 2, end: 5, regions: [0] }] }],
      },
    ])
    const said: string[] = []
    await exportFrom(p, fresh('out'), { format: 'yolo', onLosses: (l) => said.push(...l.map((x) => `${x.count} ${x.feature}`)) })
    expect(said).toEqual(
      expect.arrayContaining([
        '1 holes',
        '1 rotated boxes',
        '1 attributes',
        '1 captions',
        '1 region captions',
        '1 grounded captions',
        '1 tags',
        '1 proposals left out',
      ]),
    )
    expect(exportLosses(p, { format: 'webdataset' }).map((l) => l.feature)).toEqual(['proposals left out'])
    expect(exportLosses(p, { format: 'coco' }).find((l) => l.feature === 'holes')!.becomes.en).toMatch(/masks/)
  })

  test('keeps existing output unless told to replace it, and leaves nothing half-written', async () => {
    const p = await projectOf(records)
    const out = fresh('out')
    await exportFrom(p, out, { format: 'coco' })
    await expect(exportFrom(p, out, { format: 'yolo' })).rejects.toThrow(/already exists/)
    await exportFrom(p, out, { format: 'yolo', overwrite: true })
    expect(readdirSync(out).sort()).toEqual(['.dashi-export', 'data.yaml', 'images', 'labels'])
    const stop = new AbortController()
    const other = fresh('other')
    await expect(
      exportFrom(p, other, { format: 'coco', signal: stop.signal, onProgress: ({ phase }) => phase === 'writing' && stop.abort() }),
    ).rejects.toThrow(/cancelled/)
    expect(readdirSync(path.dirname(other)).filter((n) => n.startsWith(path.basename(other)))).toEqual([])
  })

  test('splits that map to one file name are refused or share the file, and never overwrite each other', async () => {
    const p = await projectOf(
      ['a/b', 'a:b'].map((split, i) => ({
        fileName: `${i}.png`,
        width: 8,
        height: 8,
        split,
        regions: [{ label: 'cat', shape: { kind: 'box', x: 1, y: 1, w: 3, h: 3 } }],
      })),
    )
    const out = fresh('out')
    for (const format of ['coco', 'datumaro'] as const)
      await expect(exportFrom(p, out, { format })).rejects.toThrow(/a_b.*two splits would be written to this file/)
    expect(existsSync(out)).toBe(false)
    for (const format of ['webdataset', 'cvat', 'imagefolder', 'yolo'] as const)
      expect((await roundTrip(p, { format })).records).toMatchObject([{ regions: [{ label: 'cat' }] }, { regions: [{ label: 'cat' }] }])
  })

  test('a missing image is reported and does not end the export', async () => {
    const dir = await folder({ 'a/1.png': [4, 4], 'a/2.png': [4, 4] })
    const p = project()
    await importInto(p, dir, { format: 'folders' })
    rmSync(path.join(dir, 'a/1.png'))
    const report = await exportFrom(p, fresh('out'), { format: 'coco', images: 'copy' })
    expect(report.findings).toEqual([
      {
        file: 'a/1.png',
        level: 'left out',
        reason: 'the image is missing, so only its annotations were written',
        sentence: { code: 'finding.image-missing', params: {} },
      },
    ])
  })
})

describe('EXIF orientation', () => {
  // 40 × 30 as stored, turned by 90° clockwise to be upright: 30 × 40.
  const turned = () =>
    sharp({ create: { width: 40, height: 30, channels: 3, background: '#357' } })
      .jpeg()
      .withMetadata({ orientation: 6 })
      .toBuffer()
  const coco = (width: number, height: number) =>
    JSON.stringify({
      images: [{ id: 1, file_name: 'a.jpg', width, height }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [0, 0, 10, 4] }],
      categories: [{ id: 1, name: 'cat' }],
    })

  test('annotated upright: kept unchanged', async () => {
    const p = project()
    const report = await importInto(p, await folder({ 'a.jpg': await turned(), 'annotations.json': coco(30, 40) }))
    expect(report.findings).toEqual([])
    expect(recordsOf(p)[0]).toMatchObject({ width: 30, height: 40, orientation: 6, regions: [{ shape: { x: 0, y: 0, w: 10, h: 4 } }] })
  })

  test('annotated as stored: turned upright and reported', async () => {
    const p = project()
    const report = await importInto(p, await folder({ 'a.jpg': await turned(), 'annotations.json': coco(40, 30) }))
    expect(report.findings[0]!.reason).toMatch(/turned upright/)
    // The stored top left is the upright top right.
    expect(recordsOf(p)[0]).toMatchObject({ width: 30, height: 40, regions: [{ shape: { x: 26, y: 0, w: 4, h: 10 } }] })
  })
})

describe('a project as an archive', () => {
  test('opens elsewhere with its images, and can be imported into another', async () => {
    const p = await projectOf(records)
    const file = `${fresh('handed')}.dashi.zip`
    const report = await exportFrom(p, file, { format: 'dashi' })
    expect([report.findings, report.files]).toEqual([[], 1])
    const to = fresh('opened')
    const { project: q, findings } = await openArchive(file, to, { user: 'colleague' })
    expect(findings.list).toEqual([])
    expect(projectInfo(q).datasetHash).toBe(projectInfo(p).datasetHash)
    expect(recordsOf(q)).toEqual(recordsOf(p))
    expect(existsSync(path.join(to, 'media/root-1/pics/0.png'))).toBe(true)
    expect(undoChange(q)!.action).toBe('import') // though its folder lies elsewhere now
    expect(projectInfo(q).media).toBe(0)
    q.close()
    const r = project()
    const imported = await importInto(r, file)
    expect([imported.format, imported.counts.added, imported.counts.regions]).toEqual(['dashi', 7, 14])
    expect((await importInto(r, file)).counts.unchanged).toBe(7)
    await expect(openArchive(file, to)).rejects.toThrow(/already contains a project/)
  })

  test('a zip that is not a project is refused', async () => {
    const dir = await folder({ 'a.txt': 'hello' })
    const file = path.join(dir, 'x.dashi.zip')
    writeFileSync(file, 'not a zip')
    const to = fresh('opened')
    await expect(openArchive(file, to)).rejects.toThrow(/not a zip archive/)
    expect(existsSync(to)).toBe(false)
  })
})
