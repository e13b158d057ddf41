/** What is put into a project's tables comes out as it was, and what somebody else put there is looked at before it is believed. */
import { describe, expect, test } from 'vitest'
import type { JobRecord } from '#shared/model/queue.ts'
import type { CheckpointRecord, RunRecord } from '#shared/model/project.ts'
import {
  addCaption,
  addComment,
  addLabel,
  addRegion,
  addTag,
  setMediaFacts,
  setReview,
  updateComment,
  updateLabel,
  updateRegion,
} from '../../src-main/app/annotations/index.ts'
import { addRecords, imageContent, listLabels } from '../../src-main/app/projects/index.ts'
import { diffStates, restoreState } from '../../src-main/db/states.ts'
import { toRegion } from '../../src-main/db/entities.ts'
import { contentOf } from '../../src-main/db/image-content.ts'
import { grouped, history, latestImages, mutate, position, redo, undo } from '../../src-main/db/journal.ts'
import * as queue from '../../src-main/db/queue.ts'
import * as runs from '../../src-main/db/runs.ts'
import * as snapshots from '../../src-main/db/snapshots.ts'
import { Spool } from '../../src-main/db/spool.ts'
import * as tracks from '../../src-main/db/tracks.ts'
import { box, fiveImages, record, temporaryProject } from '../app/projects/fixture.ts'

describe('rows and what they stand for', () => {
  test('a region', () => {
    const p = temporaryProject(fiveImages())
    const author = { kind: 'checkpoint', checkpoint: 'a:b', score: 0.25 } as const
    const made = addRegion(p, { mediaId: 5, labelId: 1, shape: box(), author, attributes: { age: 3 }, z: 7, hidden: true, locked: false })
    const read = () => imageContent(p, 5).regions[0]!
    expect(read()).toEqual(made)
    expect(read()).toMatchObject({ author, state: 'proposed', attributes: { age: 3 }, z: 7, hidden: true, locked: false })
    updateRegion(p, made.id, { locked: true, hidden: false })
    expect(read()).toMatchObject({ locked: true, hidden: false })
    expect(Object.keys(read())).not.toContain('track')
  })
  test('a comment, at a point or none', () => {
    const p = temporaryProject(fiveImages())
    addComment(p, { mediaId: 1, text: 'here', at: { x: 3, y: 4 } })
    const whole = addComment(p, { mediaId: 1, text: 'all' })
    addComment(p, { mediaId: 1, text: 'reply', replyTo: whole.id })
    const read = () => imageContent(p, 1).comments
    expect(read().map((c) => [c.at, c.by, c.resolved, c.replyTo, c.regionId])).toEqual([
      [{ x: 3, y: 4 }, 'ann', false, null, null],
      [null, 'ann', false, null, null],
      [null, 'ann', false, whole.id, null],
    ])
    updateComment(p, 1, { resolved: true })
    expect(read()[0]).toMatchObject({ at: { x: 3, y: 4 }, text: 'here', resolved: true })
  })
  test('a label with attributes and a skeleton, or without', () => {
    const p = temporaryProject(fiveImages())
    const attributes = [{ name: 'age', type: 'number', required: true } as const]
    const { id } = addLabel(p, { name: 'bird', synonyms: ['fowl'], prompts: ['a bird'], parentId: 1, key: '3' })
    const read = () => listLabels(p).find((l) => l.id === id)!
    expect(read()).toMatchObject({ name: 'bird', synonyms: ['fowl'], prompts: ['a bird'], parentId: 1, key: '3' })
    expect([read().attributes, read().skeleton]).toEqual([[], null])
    updateLabel(p, id, { attributes })
    expect(read().attributes).toMatchObject(attributes)
    updateLabel(p, id, { attributes: [] })
    expect(p.db.value('SELECT attributes FROM label WHERE id = ?', id)).toBeNull()
  })
  test('a caption of a region, in a language', () => {
    const p = temporaryProject(fiveImages())
    const made = addCaption(p, { mediaId: 1, regionId: 2, text: 'a dog', language: 'en', spans: [{ start: 2, end: 5, regions: [2] }] })
    expect(imageContent(p, 1).captions).toEqual([made])
  })
  test('an image that nobody reviewed has no reviewer', () => {
    const { media } = imageContent(temporaryProject(fiveImages()), 1)
    expect([media.reviewedBy, media.reviewedAt, media.duplicateGroup]).toEqual([null, null, null])
  })
  test.each([
    [`shape = '{"kind":"heart"}'`, 'shape'],
    [`shape = '{'`, 'JSON'],
    [`author = 'robot:x'`, 'author'],
  ])('what is no region is refused, by its row and column: %s', (flaw, column) => {
    const p = temporaryProject(fiveImages())
    p.db.exec(`PRAGMA ignore_check_constraints = ON; UPDATE region SET ${flaw} WHERE id = 1`)
    const [damaged, sound] = contentOf(p.db, 'region', 1)
    expect(() => toRegion(damaged!)).toThrow(new RegExp(`region 1 is damaged: .*${column}`))
    expect(imageContent(p, 1).regions).toEqual([toRegion(sound!)])
  })
  test('what is no image is refused', () => {
    const p = temporaryProject(fiveImages())
    p.db.exec(`PRAGMA ignore_check_constraints = ON; UPDATE media SET orientation = 9 WHERE id = 1`)
    expect(() => imageContent(p, 1)).toThrow('media 1 is damaged: orientation')
  })
})

describe('runs and checkpoints', () => {
  const run = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
    id,
    kind: 'train',
    recipe: 'ft',
    settings: { name: `run ${id}` },
    datasetHash: 'b'.repeat(64),
    seq: 1,
    status: 'running',
    metrics: {},
    folder: null,
    error: null,
    created: 10,
    finished: null,
    ...more,
  })
  const checkpoint = (id: string, more: Partial<CheckpointRecord> = {}): CheckpointRecord => ({
    id,
    name: `c ${id}`,
    kind: 'model',
    runId: null,
    folder: `models/${id}`,
    metrics: { accuracy: 0.5 },
    created: 10,
    ...more,
  })
  test('come out as they went in, the newest first', () => {
    const { db } = temporaryProject()
    const [a, b, c] = [run('a'), run('b', { kind: 'merge', recipe: null, created: 20 }), run('c')]
    for (const r of [a, b, c]) runs.addRun(db, r)
    expect(runs.runs(db, null)).toEqual([b, c, a])
    expect([runs.runs(db, 'merge'), runs.runById(db, 'a'), runs.runById(db, 'x'), runs.countRuns(db)]).toEqual([[b], a, null, 3])
    const ended = { ...a, status: 'done', metrics: { loss: 1 }, folder: 'runs/a', settings: { name: 'other' }, finished: 30 } as const
    runs.storeRun(db, { ...ended, recipe: 'changed', created: 99 })
    expect(runs.runById(db, 'a')).toEqual(ended)
  })
  test('checkpoints are put once, and brought up to date', () => {
    const { db } = temporaryProject()
    runs.addRun(db, run('r'))
    const [a, b] = [checkpoint('a'), checkpoint('b', { created: 20, folder: 'models/a' })]
    for (const c of [b, a]) runs.putCheckpoint(db, c)
    expect([runs.checkpoints(db, null), runs.checkpoints(db, 'r'), runs.checkpointIn(db, 'models/a')]).toEqual([[b, a], [], 'a'])
    const now = { ...a, name: 'new', runId: 'r', metrics: {}, kind: 'merged', folder: 'elsewhere', created: 30 }
    runs.putCheckpoint(db, now)
    expect([runs.checkpointById(db, 'a'), runs.checkpoints(db, 'r'), runs.countCheckpoints(db)]).toEqual([now, [now], 2])
    runs.storeCheckpoint(db, { ...b, name: 'renamed', kind: 'ignored' })
    expect([runs.checkpointById(db, 'b'), runs.checkpointById(db, 'x')]).toEqual([{ ...b, name: 'renamed' }, null])
  })
  test('snapshots by their positions', () => {
    const { db } = temporaryProject(fiveImages())
    const one = { name: 'z', seq: 1, datasetHash: 'c'.repeat(64), by: 'ann', at: 5 }
    snapshots.addSnapshot(db, { ...one, name: 'b', seq: 2 })
    snapshots.addSnapshot(db, { ...one, name: 'a', seq: 2 })
    snapshots.addSnapshot(db, one)
    expect([snapshots.snapshotNames(db), snapshots.snapshots(db).map((s) => s.name)]).toEqual([
      ['z', 'a', 'b'],
      ['z', 'a', 'b'],
    ])
    expect([snapshots.snapshotNamed(db, 'z'), snapshots.snapshotNamed(db, 'y')]).toEqual([one, null])
    expect([snapshots.dropSnapshot(db, 'z'), snapshots.dropSnapshot(db, 'z')]).toEqual([true, false])
  })
})

describe('jobs of the queue', () => {
  const job = (id: string, more: Partial<JobRecord> = {}): JobRecord => ({
    id,
    kind: 'train',
    lane: 'training',
    status: 'queued',
    subject: id,
    request: { epochs: 2 },
    user: 'ann',
    runId: null,
    error: null,
    result: null,
    priority: 0,
    startAt: null,
    created: 10,
    started: null,
    finished: null,
    ...more,
  })
  test('are claimed once, and end once', () => {
    const { db } = temporaryProject()
    queue.addJob(db, job('a'), 'home')
    expect([queue.findJob(db, 'a'), queue.findJob(db, 'x'), queue.ownerOf(db, 'a'), queue.ownerOf(db, 'x')]).toEqual([
      job('a'),
      undefined,
      'home',
      null,
    ])
    expect([queue.claimJob(db, 'a', 'me'), queue.claimJob(db, 'a', 'you'), queue.ownerOf(db, 'a')]).toEqual([true, false, 'me'])
    expect(queue.findJob(db, 'a')).toMatchObject({ status: 'running', started: expect.any(Number) as number })
    queue.endJob(db, 'a', { status: 'done', error: null, result: { n: 1 } })
    queue.endJob(db, 'a', { status: 'failed', error: 'too late' })
    expect(queue.findJob(db, 'a')).toMatchObject({ status: 'done', error: null, result: { n: 1 }, finished: expect.any(Number) as number })
  })
  test('a result that is too long is not kept', () => {
    const { db } = temporaryProject()
    for (const [id, length] of [
      ['fits', 199_998],
      ['long', 199_999],
    ] as const) {
      queue.addJob(db, job(id), null)
      queue.endJob(db, id, { status: 'done', error: null, result: 'x'.repeat(length) })
    }
    expect([String(queue.findJob(db, 'fits')!.result).length, queue.findJob(db, 'long')!.result]).toEqual([199_998, null])
  })
  test('the newest fifty that have ended are kept, and all that have not', () => {
    const { db } = temporaryProject()
    queue.addJob(db, job('waits'), null)
    for (let i = 0; i < 52; i++) queue.addJob(db, job(`j${i}`, { status: 'done', finished: 100 + i }), null)
    queue.endJob(db, 'waits', { status: 'interrupted', error: null })
    const left = queue.listJobs(db).map((j) => j.id)
    expect([left.length, left.includes('j0'), left.includes('j1'), left.includes('j2'), left.includes('waits')]).toEqual([
      51,
      false,
      false,
      true,
      true,
    ])
  })
  test('are listed in the order in which they came, with a row of another version among them', () => {
    const { db } = temporaryProject()
    for (const [id, created] of [
      ['b', 20],
      ['a', 10],
      ['c', 20],
    ] as const)
      queue.addJob(db, job(id, { created }), null)
    db.exec(`UPDATE job SET request = '{' WHERE id = 'b'; UPDATE job SET request = '[]' WHERE id = 'c'`)
    const [a, b, c] = queue.listJobs(db)
    expect([a, b!.id, c!.id]).toEqual([job('a', { created: 10 }), 'b', 'c'])
    expect(b).toMatchObject({ status: 'interrupted', lane: 'background', request: {}, subject: 'b', user: 'ann', created: 20, runId: null })
    expect([b!.error, c!.error]).toEqual([expect.stringContaining('request: expected JSON'), expect.stringContaining('request')])
    expect([queue.dismissJob(db, 'b'), queue.dismissJob(db, 'b'), queue.findJob(db, 'b')!.status]).toEqual([true, false, 'cancelled'])
  })
  test('an interrupted one is put back, and only such a one', () => {
    const { db } = temporaryProject()
    const again = { subject: 'anew', runId: null, home: 'here' }
    queue.addJob(db, job('a', { status: 'interrupted', error: 'x', started: 1, finished: 2, runId: null }), null)
    queue.addJob(db, job('b', { status: 'done', finished: 2 }), null)
    expect([queue.requeueJob(db, 'a', again), queue.requeueJob(db, 'a', again), queue.requeueJob(db, 'b', again)]).toEqual([
      true,
      false,
      false,
    ])
    expect(queue.findJob(db, 'a')).toEqual(job('a', { subject: 'anew' }))
    expect(queue.ownerOf(db, 'a')).toBe('here')
  })
})

describe('a spool', () => {
  test('gives rows by key, in the order in which they came', () => {
    const spool = new Spool()
    try {
      for (let i = 0; i < 250; i++) spool.put('region', `k${(i * 7) % 5}`, { i }, i, i % 50 ? null : `id ${i % 100}`)
      spool.put('image', 'k3', 'three')
      spool.put('image', 'k9', 'nine', 4)
      expect([...spool.all('region')].map((r) => (r.value as { i: number }).i)).toEqual(Array.from({ length: 250 }, (_, i) => i))
      expect([[...spool.keys('region')], [...spool.keys('image')]]).toEqual([
        ['k0', 'k2', 'k4', 'k1', 'k3'],
        ['k3', 'k9'],
      ])
      expect(spool.of('region', 'k2').slice(0, 2)).toEqual([
        { line: 1, value: { i: 1 } },
        { line: 6, value: { i: 6 } },
      ])
      expect(spool.of('image', 'k2')).toEqual([])
      expect([...spool.orphans('image', 'region')]).toEqual([{ key: 'k9', line: 4 }])
      expect([...spool.duplicates('region')].map(({ id, line }) => [id, line])).toEqual([
        ['id 0', 200],
        ['id 50', 150],
      ])
    } finally {
      spool.close()
    }
  })
})

describe('tracks of imported frames', () => {
  const frame = (n: number, label: string, id: number, more = {}) =>
    record(`film/${n}.png`, { regions: [{ label, shape: box(n), attributes: { track_id: id, ...more } }] })
  const places = (p: ReturnType<typeof temporaryProject>) => tracks.trackPlaces(p.db).map((r) => [r['track'], r['media_id'], r['frame']])
  test('of one number and label go on, of another label are numbered anew', () => {
    const p = temporaryProject([frame(1, 'cat', 5), frame(2, 'cat', 5, { keyframe: false })])
    expect(tracks.hasTracks(p.db)).toBe(true)
    addRecords(p, [frame(3, 'cat', 5, { track_end: true }), frame(4, 'dog', 5)])
    expect(places(p)).toEqual([
      [5, 1, 'key'],
      [5, 2, 'between'],
      [5, 3, 'end'],
      [6, 4, 'key'],
    ])
    expect([tracks.freshTrack(p.db), tracks.tracksOn(p.db, 4), tracks.regionsOfTrack(p.db, 5).map((r) => r['media_id'])]).toEqual([
      7,
      [6],
      [1, 2, 3],
    ])
    expect([tracks.decidedFrames(p.db, 2), tracks.decidedFrames(p.db, 3)]).toEqual([[], [{ track: 5, frame: 'end' }]])
  })
  test('may have the same number in another folder', () => {
    const p = temporaryProject([
      frame(1, 'cat', 5),
      record('other/1.png', { regions: [{ label: 'dog', shape: box(), attributes: { track_id: 5 } }] }),
    ])
    expect(places(p)).toEqual([
      [5, 1, 'key'],
      [5, 2, 'key'],
    ])
  })
  test('a second region of a track on an image keeps the number as an attribute; so does a name without a number', () => {
    const regions = [1, 2].map((x) => ({ label: 'cat', shape: box(x), attributes: { track_id: 5 } }))
    const p = temporaryProject([record('film/1.png', { regions }), record('film/cover.png', { regions })])
    expect(imageContent(p, 1).regions.map((r) => [r.track?.id, r.attributes])).toEqual([
      [5, {}],
      [undefined, { track_id: 5 }],
    ])
    expect(imageContent(p, 2).regions.map((r) => r.track)).toEqual([undefined, undefined])
    expect(tracks.standingRegions(p.db, 1, 1).map((r) => r['track'])).toEqual([5, null])
  })
  test('a project without tracks has none', () => {
    const { db } = temporaryProject(fiveImages())
    expect([tracks.hasTracks(db), tracks.freshTrack(db), tracks.trackPlaces(db)]).toEqual([false, 1, []])
  })
})

describe('the journal', () => {
  test('is read newest first, from a position on, so many at a time; of an image what touched it', () => {
    const p = temporaryProject(fiveImages())
    for (const [tag, ids] of [
      ['a', [1]],
      ['b', [2, 3]],
      ['c', [1]],
    ] as const)
      addTag(p, [...ids], tag)
    const last = position(p.db)
    expect(
      history(p.db)
        .slice(0, 3)
        .map((e) => [e.seq, e.mediaIds]),
    ).toEqual([
      [last, [1]],
      [last - 1, [2, 3]],
      [last - 2, [1]],
    ])
    expect(history(p.db, { before: last, limit: 1 }).map((e) => e.seq)).toEqual([last - 1])
    expect(history(p.db, { mediaId: 1 }).map((e) => e.seq)).toEqual([last, last - 2])
    expect(latestImages(p.db)).toEqual([1])
    setMediaFacts(p, new Map([[4, { width: 3 }]]))
    expect([latestImages(p.db), history(p.db)[0]!.seq]).toEqual([[1], last])
    const undone = undo(p.db, 'bo', 1)!
    expect([undone.seq, undone.undone, history(p.db, { mediaId: 1 })[0]]).toEqual([
      last,
      true,
      expect.objectContaining({ kind: 'undo', ref: last, by: 'bo', mediaIds: [1] }),
    ])
  })
  test('several edits in a group are one step, and none where one of them fails', async () => {
    const p = temporaryProject(fiveImages())
    const tags = () => imageContent(p, 2).tags
    await grouped(p.db, 'ann', async () => {
      addTag(p, [2], 'a')
      await grouped(p.db, 'ann', async () => void addTag(p, [2], 'b'))
    })
    addTag(p, [2], 'c')
    undo(p.db, 'ann')
    undo(p.db, 'ann')
    expect(tags()).toEqual([])
    redo(p.db, 'ann')
    expect(tags()).toEqual(['a', 'b'])
    const failed = grouped(p.db, 'ann', async () => {
      addTag(p, [2], 'd')
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(tags()).toEqual(['a', 'b'])
    await expect(grouped(p.db, 'ann', async () => Promise.reject(new Error('nothing done')))).rejects.toThrow('nothing done')
    expect(tags()).toEqual(['a', 'b'])
  })
  test('what others do while a group rests is no part of it', async () => {
    const p = temporaryProject(fiveImages())
    const tags = () => imageContent(p, 2).tags
    const ann = grouped(p.db, 'ann', async (rest) => {
      addTag(p, [2], 'a')
      await rest()
      addTag(p, [2], 'aa')
      await rest()
      addTag(p, [2], 'aaa')
    })
    const bo = grouped(p.db, 'bo', async (rest) => {
      addTag(p, [2], 'b')
      await rest()
      addTag(p, [2], 'bb')
    })
    await Promise.all([ann, bo])
    expect(tags().toSorted()).toEqual(['a', 'aa', 'aaa', 'b', 'bb'])
    undo(p.db, 'ann')
    expect(tags().toSorted()).toEqual(['a', 'aa', 'aaa'])
    undo(p.db, 'ann')
    expect(tags()).toEqual([])
  })
  test('nothing to undo or redo is null; a change of several images is not undone from one of them', () => {
    const p = temporaryProject(fiveImages())
    expect([redo(p.db, 'ann'), redo(p.db, 'ann', 5), undo(p.db, 'ann', 5)]).toEqual([null, null, null])
    addTag(p, [4, 5], 'x')
    expect(() => undo(p.db, 'ann', 5)).toThrow('2')
    expect(imageContent(p, 5).tags).toEqual(['x'])
  })
})

test('two states are compared by what they hold: each row that came, went or became another', () => {
  const p = temporaryProject(fiveImages())
  const from = position(p.db)
  setReview(p, [1], 'approved')
  const made = addRegion(p, { mediaId: 1, shape: box() })
  updateRegion(p, made.id, { labelId: 2 })
  updateRegion(p, 1, { labelId: 2 })
  addTag(p, [1], 'x')
  undo(p.db, 'ann')
  p.db.transaction(() => mutate(p.db, 'ann', 'test', (edit) => edit.remove('region', 2)))
  addRecords(p, [record('new.jpg', { regions: [{ label: 'cat', shape: box() }], captions: [{ text: 'new' }] })])
  const to = position(p.db)
  const diff = diffStates(p.db, from, to)
  expect(diff.regions.ids).toEqual({ added: [made.id, made.id + 1], changed: [1], removed: [2] })
  expect([diff.media.ids, diff.tags, diff.captions.added, diff.labels.changed]).toEqual([
    { added: [6], changed: [1], removed: [] },
    { added: 0, changed: 0, removed: 0, ids: { added: [], changed: [], removed: [] } },
    1,
    0,
  ])
  expect(diffStates(p.db, to, from).regions.ids).toEqual({ added: [2], changed: [1], removed: [made.id, made.id + 1] })
  setMediaFacts(p, new Map([[1, { width: 33 }]]))
  mutate(p.db, 'ann', 'back', (edit) => restoreState(edit, from))
  const back = diffStates(p.db, from, position(p.db))
  expect([back.regions, back.captions].map(({ added, changed, removed }) => [added, changed, removed])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ])
  expect([imageContent(p, 1).media.width, imageContent(p, 1).media.review]).toEqual([33, 'unreviewed'])
})
