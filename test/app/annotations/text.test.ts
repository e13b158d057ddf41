/** Text that SQLite or UTF-8 cannot carry is refused by every call and repaired by every import; nothing is stored as something else. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { methods } from '#shared/contract.ts'
import { DashiError } from '#shared/errors.ts'
import {
  addCaption,
  addComment,
  addLabel,
  addRegion,
  addTag,
  editMedia,
  renameMedia,
  setSplit,
  undoChange,
  updateCaption,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { scanFolder } from '../../../src-main/app/media/scan.ts'
import {
  addCheckpoint,
  addRecords,
  checkProject,
  createProject,
  findMedia,
  imageContent,
  listLabels,
  openProject,
  startRun,
  takeSnapshot,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { box, fiveImages, record, temporaryFolder, temporaryProject } from '../projects/fixture.ts'

const picture = () =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .png()
    .toBuffer()
const bad = { 'a NUL': 'a\0b', 'the first half of a pair': 'a\ud83d', 'the second half': '\ude00b' }
const region = {
  id: -1,
  mediaId: 1,
  labelId: null,
  shape: box(),
  attributes: {},
  author: { kind: 'person', name: 'ann' },
  state: 'accepted',
  z: 0,
  hidden: false,
  locked: false,
}
const drawn = (more: object) => ({ mediaId: 1, action: 'x', changes: [{ before: null, after: { ...region, ...more } }] })

/** Each call with the text in one of the places where it takes one. */
const calls = (t: string): [keyof typeof methods, unknown][] => [
  ['regions.apply', { ...drawn({}), action: t }],
  ['regions.apply', drawn({ attributes: { [t]: 1 } })],
  ['regions.apply', drawn({ attributes: { a: t } })],
  ['regions.apply', drawn({ author: { kind: 'person', name: t } })],
  ['regions.apply', drawn({ shape: { kind: 'keypoints', points: [{ name: t, x: 1, y: 1, v: 2 }] } })],
  ['captions.add', { mediaId: 1, regionId: null, text: t, language: null, spans: [] }],
  ['captions.update', { id: 1, patch: { text: t } }],
  ['comments.add', { mediaId: 1, regionId: null, text: t }],
  ['comments.update', { id: 1, patch: { text: t } }],
  ['labels.add', { name: t }],
  ['labels.update', { id: 1, patch: { name: t } }],
  ['labels.update', { id: 1, patch: { synonyms: [t] } }],
  ['labels.update', { id: 1, patch: { prompts: [t] } }],
  ['tags.add', { mediaIds: [1], tag: t }],
  ['splits.set', { mediaIds: [1], split: t }],
  ['media.edit', { mediaIds: [1], patch: { addTags: [t] } }],
  ['media.edit', { mediaIds: [1], patch: { split: t } }],
  ['media.edit', { mediaIds: [1], patch: { setAttributes: { a: t } } }],
  ['media.ids', { filter: { captionText: t }, sort: { by: 'id', descending: false } }],
  ['snapshots.take', { name: t }],
  ['projects.open', { folder: t }],
  ['projects.add-folder', { folder: t }],
  ['exchange.import', { path: t, options: {} }],
  ['exchange.import', { path: '/x', options: { action: t } }],
]
const places = calls('').map(([method], i) => [method, i] as const)

describe.each(Object.entries(bad))('%s', (_, text) => {
  test.each(places)('is refused by %s (%i)', (method, i) => {
    expect(methods[method].input.safeParse(calls('abc')[i]![1]).error).toBeUndefined()
    const { error } = methods[method].input.safeParse(calls(text)[i]![1])
    expect(error?.issues[0]?.message).toMatch(/NUL|Invalid key|without \. or \.\. steps/)
  })

  test('is refused in one line by every function that writes, which leaves nothing behind', () => {
    const project = temporaryProject(fiveImages())
    const before = checkProject(project, { files: false }).checked
    const writes: (() => unknown)[] = [
      () => addCaption(project, { mediaId: 1, text }),
      () => updateCaption(project, 1, { text }),
      () => addComment(project, { mediaId: 1, text }),
      () => addLabel(project, { name: text }),
      () => addLabel(project, { name: 'x', prompts: [text] }),
      () => updateLabel(project, 1, { synonyms: [text] }),
      () => addRegion(project, { mediaId: 1, shape: box(), attributes: { [text]: true } }),
      () => addTag(project, [1], text),
      () => setSplit(project, [1], text),
      () => editMedia(project, [1], { addTags: [text] }),
      () => renameMedia(project, 1, `${text}.jpg`),
      () => takeSnapshot(project, text),
      () => addRecords(project, [record('z.jpg', { captions: [{ text }] })]),
      () => addRecords(project, [record('z.jpg', { tags: [text] })]),
      () => addRecords(project, [record(`${text}.jpg`)]),
      () => createProject(temporaryFolder(), { name: text }),
    ]
    for (const write of writes) {
      let error: unknown
      try {
        write()
      } catch (e) {
        error = e
      }
      expect(error, String(write)).toBeInstanceOf(DashiError)
      expect((error as Error).message.split('\n')).toHaveLength(1)
    }
    expect(() => startRun(project, { kind: 'train', settings: { note: text } })).toThrow(/NUL/)
    expect(() => addCheckpoint(project, { name: text, kind: 'ft', folder: 'x' })).toThrow(/NUL/)
    expect(checkProject(project, { files: false })).toMatchObject({ checked: before, problems: [] })
  })

  test('is repaired by an import, which reports it and can be undone', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'a.png'), await picture())
    writeFileSync(
      join(folder, 'annotations.json'),
      JSON.stringify({
        images: [{ id: 1, file_name: 'a.png', width: 8, height: 8 }],
        categories: [{ id: 1, name: `c${text}` }],
        annotations: [
          { id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 4, 4] },
          { id: 2, image_id: 1, caption: text },
        ],
      }),
    )
    const project = temporaryProject()
    const report = await importInto(project, folder, { format: 'coco' })
    const mended = text.replace(/[\0\ud83d\ude00]/, '\ufffd')
    expect(imageContent(project, 1).captions.map((c) => c.text)).toEqual([mended])
    expect(listLabels(project).map((l) => l.name)).toEqual([`c${mended}`])
    expect(report.findings.map((f) => f.reason)).toContainEqual(expect.stringMatching(/became U\+FFFD/))
    expect(checkProject(project, { files: false }).problems).toEqual([])
    undoChange(project)
    expect(findMedia(project)).toEqual([])
  })
})

test('text that UTF-8 and SQLite can carry round-trips', () => {
  const project = temporaryProject(fiveImages())
  const texts = [
    '👩‍👩‍👧 \u{10ffff}',
    '\ufeffbom',
    '\u0001\u001f\u007f\u0080',
    'ẞ ﬁ ﷽',
    '\ufffd',
    "'; DROP TABLE media; --",
    'a\r\nb\u2028c',
    'x'.repeat(300_000),
  ]
  for (const text of texts) addCaption(project, { mediaId: 5, text })
  project.close()
  const again = openProject(project.folder)
  expect(imageContent(again, 5).captions.map((c) => c.text)).toEqual(texts)
  expect(checkProject(again, { files: false }).problems).toEqual([])
  for (const _ of texts) undoChange(again, 5)
  expect(imageContent(again, 5).captions).toEqual([])
  again.close()
})

test('numbers that SQLite or JSON would change are refused', () => {
  const project = temporaryProject(fiveImages())
  for (const n of [NaN, Infinity, -Infinity]) {
    expect(() => addRegion(project, { mediaId: 1, shape: { kind: 'box', x: n, y: 0, w: 1, h: 1 } })).toThrow(DashiError)
    expect(() => addRegion(project, { mediaId: 1, shape: box(), attributes: { n } })).toThrow(DashiError)
    expect(() => addRegion(project, { mediaId: 1, shape: box(), z: n })).toThrow(DashiError)
  }
  expect(() => addRegion(project, { mediaId: 1, shape: box(), z: 2 ** 53 })).toThrow(DashiError)
  expect(() => addRegion(project, { mediaId: 1, shape: { kind: 'box', x: 0, y: 0, w: Number.MAX_VALUE, h: 1 } })).toThrow(DashiError)
  addRegion(project, { mediaId: 1, shape: { kind: 'box', x: -0, y: 1e-300, w: 40, h: 5e-324 }, attributes: { n: 2 ** 53 + 2 } })
  expect(checkProject(project, { files: false }).problems).toEqual([])
  expect(undoChange(project, 1)).not.toBeNull()
})

test.skipIf(process.platform !== 'linux')('a file whose name is not UTF-8 is left out and reported; none is used instead', async () => {
  const folder = temporaryFolder()
  const image = await picture()
  mkdirSync(join(folder, 'good'))
  writeFileSync(join(folder, 'good', 'a.png'), image)
  writeFileSync(join(folder, 'good', 'real \ufffd.png'), image) // this one has that name
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'good', 'b')), Buffer.from([0xff]), Buffer.from('.png')]), image)
  mkdirSync(Buffer.concat([Buffer.from(join(folder, 'f')), Buffer.from([0xe9])]))
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'f')), Buffer.from([0xe9]), Buffer.from('/c.png')]), image)
  const paths = (project: Project) =>
    findMedia(project)
      .map((m) => m.path)
      .sort()
  const scanned = temporaryProject()
  const control = { signal: new AbortController().signal, progress: () => undefined }
  expect((await scanFolder(scanned, folder, control, () => undefined)).leftOut.sort()).toEqual(['f\ufffd', 'good/b\ufffd.png'])
  expect(paths(scanned)).toEqual(['good/a.png', 'good/real \ufffd.png'])
  const imported = temporaryProject()
  const report = await importInto(imported, folder, { format: 'folders' })
  expect(paths(imported)).toEqual(['good/a.png', 'good/real \ufffd.png'])
  expect(
    report.findings
      .filter((f) => /not valid UTF-8/.test(f.reason))
      .map((f) => f.file)
      .sort(),
  ).toEqual(['f\ufffd', 'good/b\ufffd.png'])
})
