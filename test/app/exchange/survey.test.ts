/** What lies in a folder that is opened first, and what is made of it. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { undoChange } from '../../../src-main/app/annotations/index.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { setUp, surveyFolder } from '../../../src-main/app/exchange/survey.ts'
import { checkUnseen } from '../../../src-main/app/media/files.ts'
import { scanFolder } from '../../../src-main/app/media/scan.ts'
import { createProject, listLabels, projectInfo, type Project } from '../../../src-main/app/projects/index.ts'
import { folder, project, recordsOf } from './helpers.ts'

const control = { signal: new AbortController().signal, progress: () => undefined }
type Files = Record<string, [number, number]>
const classes: Files = { 'cat/1.png': [8, 6], 'cat/2.png': [8, 6], 'dog/1.png': [8, 6], 'bird/1.png': [8, 6] }
const coco = (file: string) =>
  JSON.stringify({
    images: [{ id: 1, file_name: file, width: 8, height: 6 }],
    categories: [{ id: 1, name: 'thing' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 4, 3] }],
  })
/** As the window opens it: the project lies in the folder. */
const opened = async (dir: string): Promise<Project> => {
  const made = createProject(dir)
  await scanFolder(made, dir, control, () => undefined)
  return made
}
const all = { labels: true, splits: true, formats: [] }

test('class folders are offered as labels, which are made in one undo step', async () => {
  const dir = await folder({ ...classes })
  const p = await opened(dir)
  expect(surveyFolder(p, dir)).toMatchObject({
    images: 4,
    classCount: 3,
    inClasses: 4,
    classes: [
      { name: 'cat', images: 2 },
      { name: 'bird', images: 1 },
      { name: 'dog', images: 1 },
    ],
    splits: [],
    annotations: [],
    byFolders: true,
  })
  expect(await setUp(p, { folder: dir, ...all })).toMatchObject({
    labelled: 4,
    divided: 0,
    counts: { merged: 4, added: 0, labels: 3, imageLabels: 4 },
  })
  expect(recordsOf(p).map((r) => [r.fileName, r.labels?.[0]?.label])).toEqual([
    ['bird/1.png', 'bird'],
    ['cat/1.png', 'cat'],
    ['cat/2.png', 'cat'],
    ['dog/1.png', 'dog'],
  ])
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ media: 4, labels: 0, imageLabels: 0 })
  p.close()
})

test('split folders are offered as splits, with the classes in them', async () => {
  const files = ['train', 'val', 'test'].flatMap((s) => Object.keys(classes).map((f): [string, [number, number]] => [`${s}/${f}`, [8, 6]]))
  const dir = await folder(Object.fromEntries(files))
  const p = await opened(dir)
  expect(surveyFolder(p, dir)).toMatchObject({
    classCount: 3,
    splits: [
      { name: 'train', images: 4 },
      { name: 'val', images: 4 },
      { name: 'test', images: 4 },
    ],
  })
  await setUp(p, { folder: dir, ...all })
  expect(projectInfo(p)).toMatchObject({ imageLabels: 12, splits: { train: 4, val: 4, test: 4 } })
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ imageLabels: 0, splits: {} })
  p.close()
})

test('annotation files are offered with their format, and images already in the project receive them', async () => {
  const dir = await folder({ 'images/a.png': [8, 6], 'images/b.png': [8, 6] })
  mkdirSync(path.join(dir, 'annotations'))
  writeFileSync(path.join(dir, 'annotations', 'instances.json'), coco('a.png'))
  const p = await opened(dir)
  expect(surveyFolder(p, dir)).toMatchObject({
    images: 2,
    classCount: 0,
    byFolders: false,
    annotations: [{ format: 'coco', files: 1, example: 'annotations/instances.json', meant: true }],
  })
  expect(await setUp(p, { folder: dir, labels: false, splits: false, formats: ['coco'] })).toMatchObject({
    counts: { added: 0, merged: 1, regions: 1 },
  })
  expect(projectInfo(p)).toMatchObject({ media: 2, regions: 1 })
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ media: 2, regions: 0, labels: 0 })
  p.close()
})

test('texts next to images are offered as captions, in addition to the classes', async () => {
  const dir = await folder({ ...classes })
  writeFileSync(path.join(dir, 'cat', '1.txt'), 'a cat on a wall')
  const p = await opened(dir)
  expect(surveyFolder(p, dir)).toMatchObject({
    classCount: 3,
    byFolders: true,
    annotations: [{ format: 'captions', files: 1, meant: true }],
  })
  await setUp(p, { folder: dir, labels: true, splits: false, formats: ['captions'] })
  expect(projectInfo(p)).toMatchObject({ media: 4, imageLabels: 4, captions: 1 })
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ media: 4, imageLabels: 0, captions: 0 })
  p.close()
})

test('unreadable images are left out on request, in the same undo step', async () => {
  const dir = await folder({ ...classes, 'cat/3.png': 'no picture' })
  const p = await opened(dir)
  await checkUnseen(p)
  expect(projectInfo(p)).toMatchObject({ media: 5, unreadable: 1 })
  await setUp(p, { folder: dir, ...all, leaveOut: true })
  expect(projectInfo(p)).toMatchObject({ media: 4, imageLabels: 4, unreadable: 0 })
  undoChange(p)
  expect(projectInfo(p)).toMatchObject({ media: 5, imageLabels: 0 })
  p.close()
})

describe('folders without meaning', () => {
  test.each([
    ['one of any name', { 'images/1.png': [8, 6], 'images/2.png': [8, 6] }],
    ['of dates', { '2024-05-01/1.png': [8, 6], '2024-05-02/1.png': [8, 6] }],
    ['with images beside them', { '1.png': [8, 6], 'cat/1.png': [8, 6], 'dog/1.png': [8, 6] }],
    ['a camera’s', { '100CANON/1.png': [8, 6], '101CANON/1.png': [8, 6] }],
  ] satisfies [string, Files][])('%s', async (_, files: Files) => {
    const dir = await folder(files)
    const p = await opened(dir)
    const { classCount, images, notes } = surveyFolder(p, dir)
    expect([classCount, images]).toEqual([0, Object.keys(files).length])
    expect(notes.length).toBeGreaterThan(0)
    expect(await setUp(p, { folder: dir, ...all })).toMatchObject({ labelled: 0, divided: 0 })
    expect(projectInfo(p).media).toBe(images)
    p.close()
  })
})

test('counts files that are not images by extension, with the reason, except the project’s own', async () => {
  const dir = await folder({ ...classes })
  for (const name of ['cat/film.mp4', 'cat/photo.CR2', 'b.svg', 'c.psd', 'notes.odt']) writeFileSync(path.join(dir, name), 'x')
  const p = await opened(dir)
  const { skipped } = surveyFolder(p, dir)
  expect(Object.fromEntries(skipped.map((s) => [s.ending, s.reason.split(/[,:]/)[0]]))).toEqual({
    mp4: 'a video',
    cr2: 'camera raw data',
    svg: 'a vector drawing',
    psd: 'a paint program’s own format',
    odt: 'not an image',
  })
  p.close()
})

describe('a folder that contains the project itself', () => {
  test('is imported without the project’s own files', async () => {
    const dir = await folder({ 'images/a.png': [8, 6] })
    writeFileSync(path.join(dir, 'annotations.json'), coco('a.png'))
    const p = await opened(dir)
    for (const own of ['checkpoints/lp', 'backups', 'curation']) {
      mkdirSync(path.join(dir, own), { recursive: true })
      copyFileSync(path.join(dir, 'images', 'a.png'), path.join(dir, own, 'picture.png'))
      writeFileSync(path.join(dir, own, 'dashi.json'), '{"classes": ["a"]}')
    }
    const report = await importInto(p, dir)
    expect([report.format, report.images, report.unread, report.skipped, report.unmentioned]).toEqual(['coco', 1, [], [], 0])
    expect(projectInfo(p)).toMatchObject({ media: 1, regions: 1 })
    await scanFolder(p, dir, control, () => undefined)
    expect(projectInfo(p).media).toBe(1)
    p.close()
  })

  test('is not an archive of itself', async () => {
    const dir = await folder({ ...classes })
    const p = await opened(dir)
    expect((await importInto(p, dir)).format).toBe('folders')
    expect(
      listLabels(p)
        .map((l) => l.name)
        .sort(),
    ).toEqual(['bird', 'cat', 'dog'])
    await expect(importInto(p, dir, { format: 'dashi' })).rejects.toThrow('is the project itself')
    p.close()
  })

  test('with another project below it: a scan reads neither', async () => {
    const dir = await folder({ ...classes })
    createProject(path.join(dir, 'other')).close()
    copyFileSync(path.join(dir, 'cat', '1.png'), path.join(dir, 'other', 'copy.png'))
    const p = await opened(dir)
    expect(existsSync(path.join(dir, 'other', 'copy.png'))).toBe(true)
    expect(projectInfo(p).media).toBe(4)
    expect(surveyFolder(p, dir).images).toBe(4)
    p.close()
  })
})

test('an image is recognised whichever of two folders it is added from', async () => {
  const dir = await folder({ 'set/a.png': [8, 6], 'set/b.png': [8, 6], 'c.png': [8, 6] })
  writeFileSync(path.join(dir, 'set', 'instances.json'), coco('a.png'))
  const p = project()
  await scanFolder(p, dir, control, () => undefined)
  await importInto(p, path.join(dir, 'set'))
  expect(projectInfo(p)).toMatchObject({ media: 3, regions: 1 })
  await scanFolder(p, path.join(dir, 'set'), control, () => undefined)
  expect(projectInfo(p).media).toBe(3)
})
