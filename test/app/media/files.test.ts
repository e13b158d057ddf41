/** Whether a file can be decoded is known of every image that is taken in, and found out again when the file is another one. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { removeMedia, undoChange } from '../../../src-main/app/annotations/index.ts'
import { checkAgain, checkMedia, checkUnseen } from '../../../src-main/app/media/files.ts'
import { mediaFacets } from '../../../src-main/app/media/facets.ts'
import { findFacts, scanFolder } from '../../../src-main/app/media/scan.ts'
import {
  countMedia,
  createProject,
  findMediaIds,
  getMedia,
  mediaByPath,
  openProject,
  projectHash,
  projectInfo,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { Database } from '../../../src-main/db/database.ts'
import { unreadableMedia } from '../../../src-main/db/media-file.ts'
import { asOfVersion } from '../../helpers/earlier.ts'
import { migrate } from '../../../src-main/db/migrate.ts'
import { migrations } from '../../../src-main/db/schema.ts'
import { temporaryFolder } from '../projects/fixture.ts'

const control = { signal: new AbortController().signal, progress: () => undefined }
let dir: string
let project: Project
const at = (name: string) => join(dir, 'images', name)
const id = (name: string) => mediaByPath(project, name)!.id
const bad = () => unreadableMedia(project.db).map((m) => [m.path, m.problem])

beforeEach(async () => {
  dir = temporaryFolder()
  mkdirSync(at(''), { recursive: true })
  const noise = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 13) & 255)
  const picture = sharp(noise, { raw: { width: 40, height: 30, channels: 3 } })
  await picture.clone().png().toFile(at('a.png'))
  await picture.clone().jpeg().toFile(at('b.jpg'))
  const jpeg = readFileSync(at('b.jpg'))
  writeFileSync(at('cut.jpg'), jpeg.subarray(0, jpeg.length - 80))
  writeFileSync(at('empty.png'), '')
  writeFileSync(at('text.png'), 'no picture')
  project = createProject(join(dir, 'project'))
  onTestFinished(() => project.close())
  await scanFolder(project, at(''), control, () => undefined)
  await findFacts(project, control)
})

test('a file that is cut off has a size, and is unreadable all the same', async () => {
  expect(projectInfo(project)).toMatchObject({ media: 5, unreadable: 0, unchecked: 5 })
  await checkUnseen(project)
  expect(projectInfo(project)).toMatchObject({ unreadable: 3, unchecked: 0 })
  expect(getMedia(project, id('cut.jpg'))).toMatchObject({ width: 40, height: 30 })
  expect(bad()).toEqual([
    ['cut.jpg', expect.stringMatching(/^truncated or damaged JPEG/)],
    ['empty.png', 'the file is empty, expected an image'],
    ['text.png', expect.stringMatching(/^not an image, expected JPEG/)],
  ])
  expect(countMedia(project, { unreadable: true })).toBe(3)
  expect(countMedia(project, { unreadable: false })).toBe(2)
  expect(mediaFacets(project).unreadable).toBe(3)
})

test('checking the files is not an edit: the dataset is unchanged, and undo only reverts earlier edits', async () => {
  const before = projectHash(project)
  await checkUnseen(project)
  expect(projectHash(project)).toBe(before)
  expect(getMedia(project, id('a.png')).perceptualHash).not.toBeNull()
})

test('a file that was put right is known as readable, with its size, once it is looked at again', async () => {
  await checkUnseen(project)
  copyFileSync(at('a.png'), at('empty.png'))
  expect(await checkAgain(project)).toEqual({ checked: 3, unreadable: 2, repaired: 1 })
  expect(getMedia(project, id('empty.png'))).toMatchObject({ width: 40, height: 30 })
  expect(bad().map(([path]) => path)).toEqual(['cut.jpg', 'text.png'])
})

describe('before a run', () => {
  const all = () => findMediaIds(project, {}, { limit: 100 })

  test('checks files that are unchecked or have changed since', async () => {
    expect([...(await checkMedia(project, all())).keys()].sort()).toEqual([id('cut.jpg'), id('empty.png'), id('text.png')].sort())
    writeFileSync(at('a.png'), 'now it is none')
    unlinkSync(at('b.jpg'))
    copyFileSync(join(dir, 'images', 'cut.jpg'), at('text.png'))
    const found = await checkMedia(project, all())
    expect(found.get(id('a.png'))).toMatch(/^not an image/)
    expect(found.get(id('b.jpg'))).toMatch(/^(no such file|not found)$/)
    expect(found.get(id('text.png'))).toMatch(/^truncated or damaged JPEG/)
  })

  test('a file of the same size and time is not decoded again, unless that is asked for', async () => {
    utimesSync(at('a.png'), 1_000_000, 1_000_000)
    await checkUnseen(project)
    writeFileSync(at('a.png'), Buffer.alloc(readFileSync(at('a.png')).length))
    utimesSync(at('a.png'), 1_000_000, 1_000_000)
    expect((await checkMedia(project, [id('a.png')])).size).toBe(0)
    expect((await checkMedia(project, [id('a.png')], { again: true })).size).toBe(1)
  })
})

test('is removed with its image, and determined again when the image returns', async () => {
  await checkUnseen(project)
  removeMedia(project, [id('cut.jpg')])
  expect(projectInfo(project)).toMatchObject({ media: 4, unreadable: 2, unchecked: 0 })
  undoChange(project)
  expect(projectInfo(project)).toMatchObject({ media: 5, unreadable: 2, unchecked: 1 })
  await checkUnseen(project)
  expect(projectInfo(project)).toMatchObject({ unreadable: 3, unchecked: 0 })
})

test('of a project made by an earlier version, nothing is known until its files are looked at', async () => {
  const old = join(dir, 'old')
  const made = createProject(old)
  await scanFolder(made, at(''), control, () => undefined)
  made.close()
  asOfVersion(join(old, 'project.db'), 2)
  const opened = openProject(old)
  expect(opened.backup).not.toBeNull()
  expect(projectInfo(opened)).toMatchObject({ schemaVersion: migrations.at(-1)!.version, media: 5, unreadable: 0, unchecked: 5 })
  expect(mediaFacets(opened).folders).toEqual([])
  await checkUnseen(opened)
  expect(projectInfo(opened)).toMatchObject({ unreadable: 3, unchecked: 0 })
  opened.close()
  const again = new Database(join(old, 'project.db'))
  expect(migrate(again)).toBeNull()
  again.close()
  rmSync(old, { recursive: true })
})
