/** A link that leads out of a folder of images is read by nothing, unless the person agreed to that folder's links. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addLabels, setMediaLabels, setSplit } from '../../../src-main/app/annotations/index.ts'
import { ensureHashes } from '../../../src-main/app/curation/hashes.ts'
import { exportFrom, importInto } from '../../../src-main/app/exchange/index.ts'
import { ensureSize, findFacts, scanFolder } from '../../../src-main/app/media/scan.ts'
import { MediaService } from '../../../src-main/app/media/service.ts'
import {
  addRecords,
  agreeToLinks,
  createProject,
  getMedia,
  mediaByPath,
  mediaFile,
  openProject,
  readRecords,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { classificationData } from '../../../src-main/app/training/dataset.ts'
import { Within } from '../../../src-main/files/within.ts'

const control = { signal: new AbortController().signal, progress: () => undefined }
let folder: string
let images: string
let secret: string
let project: Project
const at = (...p: string[]) => join(folder, ...p)
const paths = (p = project) => [...readRecords(p)].map((r) => r.record.fileName)

beforeEach(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'dashi-links-')))
  images = at('images')
  mkdirSync(join(images, 'sub'), { recursive: true })
  mkdirSync(at('private'))
  secret = at('private', 'secret.png')
  const picture = (colour: string) => sharp({ create: { width: 40, height: 30, channels: 3, background: colour } }).png()
  await picture('red').toFile(secret)
  await picture('blue').toFile(join(images, 'own.png'))
  symlinkSync('own.png', join(images, 'inside.png'))
  symlinkSync(secret, join(images, 'out.png'))
  symlinkSync('../../private/secret.png', join(images, 'sub', 'up.png'))
  symlinkSync(at('private'), join(images, 'folder'))
  symlinkSync('loop.png', join(images, 'loop.png'))
  symlinkSync('.', join(images, 'round'))
  project = createProject(at('project'))
})
afterEach(() => {
  project.close()
  rmSync(folder, { recursive: true, force: true })
})
/** As a project of before, or of somebody else, has them. */
const registered = () =>
  addRecords(
    project,
    ['own.png', 'out.png', 'sub/up.png', 'folder/secret.png', 'inside.png'].map((fileName) => ({ fileName, width: 40, height: 30 })),
    { root: images },
  )
const leads = /leads out of its folder, to .*private/

test('a scan lists it, with where it leads, and takes the others', async () => {
  const { images: n, links } = await scanFolder(project, images, control, () => undefined)
  expect([n, paths().sort()]).toEqual([2, ['inside.png', 'own.png']])
  expect(links.count).toBe(3)
  expect(links.examples).toEqual(
    expect.arrayContaining([
      { path: 'out.png', to: secret },
      { path: 'sub/up.png', to: secret },
      { path: 'folder', to: at('private') },
    ]),
  )
})

test('once agreed to, it is followed, folders too, each once', async () => {
  const { links } = await scanFolder(project, images, control, () => undefined, { followLinks: true })
  expect(links.count).toBe(0)
  expect(paths().sort()).toEqual(['folder/secret.png', 'inside.png', 'out.png', 'own.png', 'sub/up.png'])
  const service = new MediaService(at('cache'))
  expect((await service.respond(project, mediaByPath(project, 'out.png')!.id, ['image'], control.signal)).status).toBe(200)
  await findFacts(project, control)
  expect(mediaByPath(project, 'folder/secret.png')!.width).toBe(40)
  expect((await scanFolder(project, images, control, () => undefined)).links.count).toBe(0) // it was agreed to before
})

test('stored already, it is shown, measured, hashed, trained on, exported and packed by nothing', async () => {
  registered()
  const service = new MediaService(at('cache'))
  for (const path of ['out.png', 'sub/up.png', 'folder/secret.png']) {
    const media = mediaByPath(project, path)!
    expect(() => mediaFile(project, media)).toThrow(leads)
    for (const what of [['image'], ['small'], ['large'], ['tile', '0', '0', '0']]) {
      const reply = await service.respond(project, media.id, what, control.signal)
      expect([reply.status, await reply.text()], `${path} ${what.join('/')}`).toEqual([422, expect.stringMatching(leads)])
    }
  }
  expect((await service.respond(project, mediaByPath(project, 'inside.png')!.id, ['image'], control.signal)).status).toBe(200)

  await ensureHashes(project)
  expect(
    ['own.png', 'inside.png', 'out.png', 'sub/up.png', 'folder/secret.png'].map((p) => mediaByPath(project, p)!.contentHash !== null),
  ).toEqual([true, true, false, false, false])

  const [label] = addLabels(project, [{ name: 'a' }])
  const out = mediaByPath(project, 'out.png')!
  setMediaLabels(project, [{ mediaId: out.id, labelId: label!.id }])
  setSplit(project, [out.id], 'train')
  const data = classificationData(project)
  expect(Object.values(data.splits).flat()).toEqual([])
  expect(data.leftOut).toEqual([{ file: 'out.png', reason: expect.stringMatching(leads) as string }])

  const copy = at('copy')
  for (const format of ['coco', 'webdataset', 'imagefolder'] as const) {
    const { findings } = await exportFrom(project, join(copy, format), { format, images: 'copy' })
    expect(
      findings
        .filter((f) => leads.test(f.reason))
        .map((f) => f.file)
        .sort(),
      format,
    ).toEqual(['folder/secret.png', 'out.png', 'sub/up.png'])
  }
  const archive = at('project.zip')
  const { findings } = await exportFrom(project, archive, { format: 'dashi' })
  expect(findings.filter((f) => leads.test(f.reason))).toHaveLength(3)
  const bytes = readFileSync(secret)
  for (const file of [archive, join(copy, 'webdataset', 'train-000000.tar'), join(copy, 'webdataset', 'all-000000.tar')])
    if (existsSync(file)) expect(readFileSync(file).includes(bytes), file).toBe(false)
  expect(existsSync(join(copy, 'coco', 'images', 'out.png'))).toBe(false)
})

test('an import leaves it out, and takes it where that was agreed to', async () => {
  const text = JSON.stringify({
    images: [
      { id: 1, file_name: 'out.png', width: 40, height: 30 },
      { id: 2, file_name: 'own.png', width: 40, height: 30 },
    ],
    annotations: [],
    categories: [],
  })
  writeFileSync(join(images, 'annotations.json'), text)
  await importInto(project, images, { format: 'coco' })
  const stored = mediaByPath(project, 'out.png')! // what is said of it is kept, its pixels are not read
  expect(stored.contentHash).toBeNull()
  expect(() => mediaFile(project, stored)).toThrow(leads)
  const other = createProject(at('other'))
  await importInto(other, images, { format: 'coco', followLinks: true })
  const taken = mediaByPath(other, 'out.png')!
  expect(taken.contentHash).not.toBeNull()
  expect(mediaFile(other, taken)).toBe(join(images, 'out.png'))
  other.close()
})

test('an agreement is to this folder on this disk: a project that came from elsewhere brings none', async () => {
  mkdirSync(at('project', 'media'))
  symlinkSync(secret, at('project', 'media', 'out.png'))
  addRecords(project, [{ fileName: 'out.png' }])
  agreeToLinks(project, 'media')
  expect(mediaFile(project, getMedia(project, 1))).toBe(at('project', 'media', 'out.png'))
  project.close()
  cpSync(at('project'), at('elsewhere'), { recursive: true, verbatimSymlinks: true })
  const elsewhere = openProject(at('elsewhere'))
  expect(() => mediaFile(elsewhere, getMedia(elsewhere, 1))).toThrow(leads)
  elsewhere.close()
  rmSync(at('project'), { recursive: true })
  cpSync(at('elsewhere'), at('project'), { recursive: true, verbatimSymlinks: true })
  project = openProject(at('project'))
  expect(() => mediaFile(project, getMedia(project, 1))).toThrow(leads)
})

test('what was opened is what was looked at', () => {
  const place = new Within({ folder: images, links: false })
  expect(() => place.open('out.png')).toThrow(leads)
  const opened = place.open('inside.png')
  rmSync(join(images, 'inside.png'))
  symlinkSync(secret, join(images, 'inside.png'))
  if (process.platform === 'linux') expect(readFileSync(opened.path)).toEqual(readFileSync(join(images, 'own.png')))
  opened.close()
  expect(place.linkOut('nowhere.png')).toBeNull()
  expect(place.linkOut('loop.png')).toBeNull()
  expect(place.linkOut('../private/secret.png')).toBe(secret)
})

test('an SVG is not an image, whatever its name', async () => {
  writeFileSync(
    join(images, 'drawing.png'),
    `<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"><image href="file://${secret}" width="10" height="10"/></svg>`,
  )
  addRecords(project, [{ fileName: 'drawing.png', width: 90_000, height: 90_000 }], { root: images })
  const service = new MediaService(at('cache'))
  for (const what of [['image'], ['small'], ['large'], ['tile', '0', '0', '0']])
    expect((await service.respond(project, 1, what, control.signal)).status, what.join('/')).toBe(422)
  addRecords(project, [{ fileName: 'sub/drawing.png' }], { root: images })
  cpSync(join(images, 'drawing.png'), join(images, 'sub', 'drawing.png'))
  await expect(ensureSize(project, 2)).rejects.toThrow('cannot be read as an image')
})
