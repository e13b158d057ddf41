import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  addRecords,
  createProject,
  getMedia,
  mediaByPath,
  openProject,
  projectInfo,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { undoChange } from '../../../src-main/app/annotations/index.ts'
import {
  applyDuplicates,
  duplicateGroups,
  findDuplicates,
  keepResult,
  keptResult,
  proposeSplit,
} from '../../../src-main/app/curation/index.ts'
import type { DuplicateOptions } from '#shared/model/curation.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { appContext, pictures } from './helpers.ts'

const dir = temporaryFolder()
const images = path.join(dir, 'images')
const names = await pictures(images)
const app = await appContext(path.join(dir, 'cache'))

let project: Project
let made = 0
beforeEach(() => {
  project = createProject(path.join(dir, `p${made++}`), { user: 'ann' })
  addRecords(
    project,
    names.map((fileName) => ({ fileName, width: 160, height: 120 })),
    { root: images },
  )
  return () => project.close()
})
const find = async (options: DuplicateOptions) => {
  const found = await findDuplicates(app, project, options)
  keepResult(project, 'duplicates', found, 1)
  return found.summary
}
const groups = () =>
  duplicateGroups(project, { offset: 0, limit: 100 }).groups.map((g) => ({ by: g.by, images: g.images.map((i) => i.path).sort() }))
const bytes = { by: ['exact'], images: ['again/copy.png', 'one-0.png'] }

describe('near-duplicates', () => {
  test('by bytes, by perceptual hash, by embedding', async () => {
    expect(await find({ method: 'exact' })).toEqual({
      images: 10,
      groups: 1,
      duplicates: 1,
      pairs: { exact: 1, phash: 0, embedding: 0 },
      unreadable: 1,
    })
    expect(groups()).toEqual([bytes])
    await find({ method: 'phash' })
    expect(groups()).toEqual([
      { ...bytes, by: ['phash'] },
      { by: ['phash'], images: ['again/small.jpg', 'one-1.png'] },
    ])
    const { pairs } = await find({ method: 'all', similarity: 0.97 })
    expect(pairs).toEqual({ exact: 1, phash: 2, embedding: 2 })
    expect(groups()).toEqual([
      { ...bytes, by: ['exact', 'phash', 'embedding'] },
      { by: ['phash', 'embedding'], images: ['again/small.jpg', 'one-1.png'] },
    ])
  })

  test('join a group that is a fact of its images, until another search finds otherwise', async () => {
    await find({ method: 'phash' })
    const group = (name: string) => getMedia(project, mediaByPath(project, name)!.id).duplicateGroup
    expect(group('again/small.jpg')).toBe(group('one-1.png'))
    expect([group('one-1.png'), group('one-2.png')]).toEqual([expect.any(Number), null])
    await find({ method: 'exact' })
    expect([group('again/small.jpg'), group('one-1.png')]).toEqual([null, null])
  })

  test('keep the labelled one, then the larger one', async () => {
    await find({ method: 'phash' })
    const kept = () =>
      Object.fromEntries(
        duplicateGroups(project, { offset: 0, limit: 100 }).groups.map((g) => [g.id, g.images.filter((i) => i.keep).map((i) => i.path)]),
      )
    expect(Object.values(kept())).toEqual([['one-0.png'], ['one-1.png']])
    addRecords(project, [{ fileName: 'again/small.jpg', labels: [{ label: 'shape' }] }], { root: images })
    await find({ method: 'phash' })
    expect(Object.values(kept())).toEqual([['one-0.png'], ['again/small.jpg']])
  })

  test('are tagged, or leave the project, as one change; undo brings all back, files stay', async () => {
    await find({ method: 'phash' })
    const before = projectInfo(project).datasetHash
    const tagged = () =>
      project.db
        .all<{ path: string }>(`SELECT m.path FROM media_tag t JOIN media m ON m.id = t.media_id WHERE t.tag = 'twin' ORDER BY m.path`)
        .map((r) => r.path)
    expect(applyDuplicates(project, { kind: 'tag', tag: 'twin' })).toHaveLength(2)
    expect(tagged()).toEqual(['again/copy.png', 'again/small.jpg'])
    undoChange(project)
    expect(tagged()).toEqual([])
    const [first] = duplicateGroups(project, { offset: 0, limit: 1 }).groups
    expect(applyDuplicates(project, { kind: 'remove' }, [first!.id])).toHaveLength(1)
    expect(projectInfo(project).media).toBe(names.length - 1)
    expect(duplicateGroups(project, { offset: 0, limit: 10 }).total).toBe(1)
    undoChange(project)
    expect([projectInfo(project).datasetHash, duplicateGroups(project, { offset: 0, limit: 10 }).total]).toEqual([before, 2])
    expect(names.every((name) => fs.existsSync(path.join(images, name)))).toBe(true)
  })

  test('are never separated by a split', async () => {
    await find({ method: 'phash' })
    for (let seed = 0; seed < 20; seed++) {
      const { details } = await proposeSplit(project, { shares: { a: 0.5, b: 0.5 }, seed })
      const of = (name: string) => Object.entries(details).find(([, ids]) => ids.includes(mediaByPath(project, name)!.id))![0]
      expect([of('again/copy.png'), of('again/small.jpg')]).toEqual([of('one-0.png'), of('one-1.png')])
    }
  })

  test('are stored with the project, and marked as outdated once images were added', async () => {
    await find({ method: 'exact' })
    const { folder } = project
    project.close()
    project = openProject(folder)
    expect(keptResult(project, 'duplicates')).toMatchObject({ info: { stale: false, seconds: 1 }, summary: { groups: 1 } })
    addRecords(project, [{ fileName: 'another.png' }], { root: images })
    expect(keptResult(project, 'duplicates')!.info.stale).toBe(true)
    fs.writeFileSync(path.join(folder, 'curation/duplicates.json'), '{"cut')
    expect(keptResult(project, 'duplicates')).toBeNull()
  })

  test('stopped half-way change nothing', async () => {
    const abort = new AbortController()
    const finding = findDuplicates(app, project, { method: 'all' }, { signal: abort.signal, onProgress: () => abort.abort() })
    await expect(finding).rejects.toMatchObject({ fault: 'cancelled' })
    expect(project.db.value('SELECT count(*) FROM media WHERE duplicate_group IS NOT NULL')).toBe(0)
  })
})
