import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MediaFilter } from '#shared/model/project.ts'
import {
  addCheckpoint,
  addRecords,
  checkProject,
  compareSnapshots,
  countMedia,
  createProject,
  findMedia,
  getRun,
  labelCounts,
  listCheckpoints,
  listLabels,
  listRoots,
  listRuns,
  listSnapshots,
  mediaByPath,
  mediaFile,
  moveRoot,
  openProject,
  projectHash,
  projectInfo,
  removeSnapshot,
  restoreSnapshot,
  startRun,
  takeSnapshot,
  updateRun,
} from '../../../src-main/app/projects/index.ts'
import {
  acceptRegions,
  addRegion,
  removeMedia,
  setMediaFacts,
  setSplit,
  undoChange,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { box, fiveImages, record, temporaryFolder, temporaryProject } from './fixture.ts'

test('a project is created, closed, opened and described', () => {
  const dir = join(temporaryFolder(), 'my project')
  const project = createProject(dir, { user: 'ann' })
  addRecords(project, fiveImages())
  const hash = projectHash(project)
  project.close()
  expect(readdirSync(dir).filter((f) => !f.startsWith('project.'))).toEqual([])
  const again = openProject(dir)
  expect(again.recovered).toBe(false)
  expect(projectInfo(again)).toMatchObject({
    name: 'my project',
    folder: dir,
    datasetHash: hash,
    media: 5,
    labels: 2,
    regions: 4,
    captions: 1,
    imageLabels: 1,
    splits: { train: 2, val: 1 },
    runs: 0,
  })
  again.close()
})

test('what cannot be created or opened is reported in one line', () => {
  const dir = temporaryFolder()
  expect(() => openProject(dir)).toThrow('holds no project')
  createProject(join(dir, 'p')).close()
  expect(() => createProject(join(dir, 'p'))).toThrow('already contains a project')
  writeFileSync(join(dir, 'file'), '')
  expect(() => createProject(join(dir, 'file'))).toThrow('is a file, expected a folder')
  mkdirSync(join(dir, 'q'))
  writeFileSync(join(dir, 'q', 'project.db'), 'this is not a database, but a text that is long enough to be taken for one '.repeat(20))
  expect(() => openProject(join(dir, 'q'))).toThrow('project.db: is not a project database')
})

test('an open project is refused, naming the holder; one whose process was killed is taken over', () => {
  const dir = join(temporaryFolder(), 'p')
  const project = createProject(dir)
  expect(() => openProject(dir)).toThrow(new RegExp(`already open in another window \\(process ${process.pid} on `))
  const reader = openProject(dir, { readOnly: true })
  expect(countMedia(reader)).toBe(0)
  expect(() => addRecords(reader, fiveImages())).toThrow('read-only')
  reader.close()
  // Another process cannot take it either; nor does it take it away by trying.
  const script = `const D = require('libsql'); const d = new D(process.argv[1]); try { d.exec('BEGIN EXCLUSIVE'); console.log('taken') } catch (e) { console.log(e.code) }`
  expect(
    execFileSync(process.execPath, ['-e', script, join(dir, 'project.lock')])
      .toString()
      .trim(),
  ).toBe('SQLITE_BUSY')
  expect(() => openProject(dir)).toThrow('already open')
  project.close()

  writeFileSync(join(dir, 'project.lock.json'), JSON.stringify({ pid: 1, host: 'elsewhere', since: 'long ago' })) // as a crash leaves it
  const after = openProject(dir)
  expect(after.recovered).toBe(true)
  after.close()
})

test('filters', () => {
  const project = temporaryProject(fiveImages())
  const [cat, dog] = listLabels(project).map((l) => l.id)
  const names = (filter: MediaFilter) => {
    const found = findMedia(project, filter).map((m) => m.path)
    expect(countMedia(project, filter)).toBe(found.length)
    return found
  }
  expect(names({ labelIds: [cat!] })).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  expect(names({ labelIds: [dog!, cat!] })).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  expect(names({ labelIds: [cat!], split: 'train' })).toEqual(['a.jpg', 'c.jpg'])
  expect(names({ split: null })).toEqual(['dir/d e.jpg', 'dir/e.f.jpg'])
  expect(names({ author: { kind: 'checkpoint', name: 'run-2' } })).toEqual(['b.jpg'])
  expect(names({ author: { kind: 'checkpoint' } })).toEqual(['b.jpg'])
  expect(names({ author: { kind: 'person' } })).toEqual(['a.jpg', 'c.jpg'])
  expect(names({ score: { min: 0.5 } })).toEqual(['b.jpg'])
  expect(names({ labelIds: [dog!], score: { min: 0.5 } })).toEqual([]) // the dog's score is 0.3, the cat's 0.8
  expect(names({ state: 'proposed' })).toEqual(['b.jpg'])
  expect(names({ state: 'accepted', labelIds: [dog!] })).toEqual(['a.jpg'])
  expect(names({ captionText: 'STRASSE' })).toEqual([])
  expect(names({ captionText: 'straße' })).toEqual(['dir/d e.jpg'])
  expect(names({ captionText: '二匹い' })).toEqual(['dir/d e.jpg'])
  expect(names({ captionText: '犬' })).toEqual(['dir/d e.jpg'])
  expect(names({ captionText: '"' })).toEqual([])
  expect(names({ captionText: 'a" OR "b' })).toEqual([])
  expect(names({ pathText: 'D E' })).toEqual(['dir/d e.jpg'])
  expect(names({ pathText: '%' })).toEqual([])
  expect(names({ tag: 'night' })).toEqual(['a.jpg'])
  expect(names({ unlabelled: true })).toEqual(['b.jpg', 'dir/d e.jpg', 'dir/e.f.jpg'])
  expect(names({ duplicates: 'exact' })).toEqual(['c.jpg', 'dir/d e.jpg'])
  expect(names({ duplicates: 'near' })).toEqual([])
  setMediaFacts(
    project,
    new Map([
      [5, { duplicateGroup: 3 }],
      [1, { duplicateGroup: 3 }],
      [99, { width: 5 }],
    ]),
  )
  expect(names({ duplicates: 'near' })).toEqual(['a.jpg', 'dir/e.f.jpg'])
  acceptRegions(project, [3])
  expect(names({ unlabelled: false })).toEqual(['a.jpg', 'b.jpg', 'c.jpg'])
  expect(findMedia(project, {}, { after: 2, limit: 2 }).map((m) => m.id)).toEqual([3, 4])
  expect(() => findMedia(project, { score: { min: 'x' } } as never)).toThrow('filter: score.min')
  expect(labelCounts(project).get(cat!)).toEqual({ regions: 2, images: 1 })
})

test('snapshots: compared, gone back to, and that undone', () => {
  const project = temporaryProject(fiveImages())
  const first = takeSnapshot(project, 'first')
  addRegion(project, { mediaId: 1, labelId: 1, shape: box(9) })
  updateLabel(project, 2, { name: 'hound' })
  setSplit(project, [5], 'test')
  removeMedia(project, [2])
  addRecords(project, [record('new.jpg', { regions: [{ label: 'bird', shape: box() }] })])
  takeSnapshot(project, 'second')
  const diff = compareSnapshots(project, 'first', 'second')
  expect(diff.media).toMatchObject({ added: 1, changed: 1, removed: 1, ids: { added: [6], changed: [5], removed: [2] } })
  expect(diff.regions).toMatchObject({ added: 2, changed: 0, removed: 2 })
  expect(diff.labels).toMatchObject({ added: 1, changed: 1, removed: 0 })
  expect(compareSnapshots(project, 'second', 'first').media).toMatchObject({
    added: 1,
    changed: 1,
    removed: 1,
    ids: { added: [2], removed: [6] },
  })
  const hash = projectHash(project)

  restoreSnapshot(project, 'first')
  expect(projectHash(project)).toBe(first.datasetHash)
  expect(compareSnapshots(project, 'first').media).toMatchObject({ added: 0, changed: 0, removed: 0 })
  expect(compareSnapshots(project, 'second').media).toMatchObject({ added: 1, changed: 1, removed: 1 })
  undoChange(project)
  expect(projectHash(project)).toBe(hash)
  expect(checkProject(project, { files: false }).problems).toEqual([])
  expect(listSnapshots(project).map((s) => s.name)).toEqual(['first', 'second'])
  expect(() => takeSnapshot(project, 'first')).toThrow('already exists')
  removeSnapshot(project, 'first')
  expect(() => restoreSnapshot(project, 'first')).toThrow('no snapshot is named first')
})

test('a run records the dataset it saw', () => {
  const project = temporaryProject(fiveImages())
  const run = startRun(project, { kind: 'train', recipe: 'lp-ft', settings: { lr: 0.1, seeds: [1, 2] } })
  expect(run).toMatchObject({ datasetHash: projectHash(project), status: 'running', seq: 1 })
  updateRun(project, run.id, { status: 'done', metrics: { id: 0.9 } })
  const first = addCheckpoint(project, { name: 'best', kind: 'lp-ft', folder: 'runs/1', runId: run.id, metrics: { id: 0.9 } })
  const checkpoint = addCheckpoint(project, { name: 'best', kind: 'lp-ft', folder: 'runs/1', runId: run.id, metrics: { id: 0.9 } }) // the same folder, written again
  expect(checkpoint.id).toBe(first.id)
  expect(listCheckpoints(project)).toHaveLength(1)
  expect(getRun(project, run.id)).toMatchObject({ status: 'done', metrics: { id: 0.9 }, settings: { lr: 0.1, seeds: [1, 2] } })
  expect(getRun(project, run.id).finished).not.toBeNull()
  expect(listRuns(project, 'evaluate')).toEqual([])
  expect(listCheckpoints(project, run.id)).toEqual([checkpoint])
  expect(() => getRun(project, 'none')).toThrow('no run has the id none')
})

test('roots inside the project move with it, those outside can be pointed elsewhere', () => {
  const project = temporaryProject()
  const outside = temporaryFolder()
  addRecords(project, [record('x.jpg')], { root: outside })
  addRecords(project, [record('x.jpg')])
  const [far, near] = listRoots(project)
  expect([far!.path, near!.path]).toEqual([outside, 'media'])
  expect(() => mediaByPath(project, 'x.jpg')).toThrow('is in 2 folders')
  const media = mediaByPath(project, 'x.jpg', far!.id)!
  moveRoot(project, far!.id, '/mnt/moved')
  expect(mediaFile(project, media)).toBe('/mnt/moved/x.jpg')
})

test('the check finds what was tampered with, and repairs what can be derived', () => {
  const project = temporaryProject(fiveImages())
  project.db.exec(`UPDATE media SET annotated = 1 - annotated WHERE id = 1; UPDATE digest SET sum = 'abc' WHERE label_id = 1;
    INSERT INTO caption_text (caption_text) VALUES ('delete-all')`)
  const kinds = (repair: boolean) => checkProject(project, { repair, files: false }).problems.map((p) => [p.kind, p.repaired])
  expect(kinds(false)).toEqual([
    ['dataset-hash', false],
    ['counter', false],
    ['search-index', false],
  ])
  expect(kinds(true)).toEqual([
    ['dataset-hash', true],
    ['counter', true],
    ['search-index', true],
  ])
  expect(kinds(false)).toEqual([])
  expect(readdirSync(join(project.folder, 'backups'))).toHaveLength(1)
  project.db.exec(`UPDATE region SET shape = '{"kind":"box"}' WHERE id = 2; DELETE FROM caption`)
  expect(new Set(kinds(false).map(([kind]) => kind))).toEqual(new Set(['dataset-hash', 'search-index', 'journal', 'row']))
  const missing = checkProject(project).problems.filter((p) => p.kind === 'missing-file')
  expect(missing).toHaveLength(5)
})

test('a full disk: one line, the old state intact', () => {
  const project = temporaryProject(fiveImages())
  const hash = projectHash(project)
  project.db.exec(`PRAGMA max_page_count = ${Number(project.db.value('PRAGMA page_count')) + 2}`)
  const many = Array.from({ length: 600 }, (_, i) => record(`full ${i}.jpg`, { regions: [{ label: 'x', shape: box() }] }))
  expect(() => addRecords(project, many)).toThrow(/project\.db: no space left on the device; nothing was changed$/)
  expect(projectHash(project)).toBe(hash)
  expect(countMedia(project)).toBe(5)
  project.db.exec('PRAGMA max_page_count = 1000000')
  expect(addRecords(project, many)).toMatchObject({ added: 600 })
  expect(checkProject(project, { files: false }).problems).toEqual([])
})

/** Bind mounts need privileges that a test run may lack; then SQLite's own read-only mode has to do. */
function mountReadOnly(folder: string): (() => void) | null {
  try {
    execFileSync('mount', ['--bind', folder, folder], { stdio: 'ignore' })
    execFileSync('mount', ['-o', 'remount,bind,ro', folder], { stdio: 'ignore' })
    return () => execFileSync('umount', ['-l', folder])
  } catch {
    return null
  }
}

test('a read-only folder: refused for writing in one line, readable with readOnly', () => {
  const dir = join(temporaryFolder(), 'p')
  const project = createProject(dir)
  addRecords(project, fiveImages())
  project.close()
  for (const f of ['project.db-wal', 'project.db-shm']) rmSync(join(dir, f), { force: true })
  const unmount = mountReadOnly(dir)
  try {
    if (unmount) {
      expect(() => openProject(dir)).toThrow('cannot be written (read-only, or no space left); the project can still be opened read-only')
      expect(() => createProject(join(dir, 'inner'))).toThrow('the folder cannot be made')
    }
    const reader = openProject(dir, { readOnly: true })
    expect(countMedia(reader, { unlabelled: true })).toBe(3)
    expect(() => setSplit(reader, [1], 'x')).toThrow('opened read-only')
    reader.close()
  } finally {
    unmount?.()
  }
})

test('a database of an older or a newer program', async () => {
  const { Database } = await import('../../../src-main/db/database.ts')
  const { migrate } = await import('../../../src-main/db/migrate.ts')
  const { migrations } = await import('../../../src-main/db/schema.ts')
  const dir = join(temporaryFolder(), 'p')
  const project = createProject(dir)
  addRecords(project, fiveImages())
  project.close()
  const file = join(dir, 'project.db')
  copyFileSync(file, join(dir, 'before.db'))
  const db = new Database(file)
  const next = { version: migrations.at(-1)!.version + 1, sql: 'ALTER TABLE media ADD COLUMN rating INTEGER' }
  expect(() => migrate(db, [...migrations, { version: next.version, sql: 'ALTER TABLE no_such_thing ADD COLUMN x' }])).toThrow(
    'no such table',
  )
  expect(db.value('PRAGMA user_version')).toBe(migrations.at(-1)!.version)
  const saved = migrate(db, [...migrations, next])!
  expect(existsSync(saved)).toBe(true)
  expect(readFileSync(saved).equals(readFileSync(join(dir, 'before.db')))).toBe(true)
  expect(db.value('SELECT count(*) FROM media WHERE rating IS NULL')).toBe(5)
  db.close()
  expect(() => openProject(dir)).toThrow(`was written by a newer Dashi (schema ${next.version}; this one knows ${next.version - 1})`)
})
