/** Runs after their end: named and annotated by people, exported, and deleted with what is theirs alone. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noNote } from '#shared/model/run-note.ts'
import { runNotes } from '../../../src-main/db/run-notes.ts'
import { addCheckpoint, listCheckpoints, listRuns, type Project, startRun, updateRun } from '../../../src-main/app/projects/index.ts'
import { runsCsv } from '../../../src-main/app/training/export-runs.ts'
import { noteRun } from '../../../src-main/app/training/notes.ts'
import { deleteRuns, runsRemoval } from '../../../src-main/app/training/remove-runs.ts'
import { record, temporaryProject } from '../projects/fixture.ts'

function trained(p: Project, name: string, settings: Record<string, string> = {}) {
  const folder = `checkpoints/${name}`
  mkdirSync(join(p.folder, folder), { recursive: true })
  writeFileSync(join(p.folder, folder, 'model.safetensors'), new Uint8Array(1000))
  const run = startRun(p, { kind: 'train', recipe: 'ft', folder, settings: { name, ...settings } })
  addCheckpoint(p, { name, kind: 'ft', runId: run.id, folder })
  return updateRun(p, run.id, { status: 'done', metrics: { id: 0.5 } })
}

test('a deleted run takes its checkpoint and its files along; what was made from it stays, and is named before', () => {
  const p = temporaryProject([record('a.jpg')])
  const [base, other] = [trained(p, 'Base'), trained(p, 'Other')]
  startRun(p, { kind: 'train', recipe: 'lora', settings: { name: 'Later', model: 'checkpoints/Base' }, status: 'queued' })
  noteRun(p, base.id, { note: 'the first' })
  const asked = runsRemoval(p, [base.id])
  expect(asked).toMatchObject({ checkpoints: ['Base'], usedBy: [{ name: 'Later', kind: 'train' }], annotations: 0, active: [] })
  expect(asked.bytes).toBe(1000)
  expect(existsSync(join(p.folder, 'checkpoints/Base'))).toBe(true) // it only asked
  expect(deleteRuns(p, [base.id])).toEqual(asked)
  expect(existsSync(join(p.folder, 'checkpoints/Base'))).toBe(false)
  expect(listRuns(p).map((r) => r.settings['name'])).toEqual(['Later', 'Other'])
  expect(listCheckpoints(p).map((c) => c.name)).toEqual(['Other'])
  expect(runNotes(p.db).size).toBe(0)
  expect(existsSync(join(p.folder, other.folder!))).toBe(true)
})

test('a run that has not ended is not deleted; nor is a folder outside of the checkpoints, or one that another run uses', () => {
  const p = temporaryProject([record('a.jpg')])
  mkdirSync(join(p.folder, 'elsewhere'))
  const outside = updateRun(p, startRun(p, { kind: 'train', recipe: 'ft', folder: 'elsewhere' }).id, { status: 'failed' })
  const running = startRun(p, { kind: 'train', recipe: 'ft', folder: 'checkpoints/Busy' })
  const stopped = trained(p, 'Shared')
  startRun(p, { kind: 'train', recipe: 'ft', folder: 'checkpoints/Shared', status: 'queued' })
  expect(deleteRuns(p, [outside.id, running.id, stopped.id])).toMatchObject({ active: ['Busy'], bytes: 0 })
  expect(existsSync(join(p.folder, 'elsewhere'))).toBe(true)
  expect(existsSync(join(p.folder, 'checkpoints/Shared/model.safetensors'))).toBe(true)
  expect(listRuns(p).map((r) => r.status)).toEqual(['queued', 'running'])
})

test('a name is also that of the checkpoint, whose folder stays; other fields keep what they were', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = trained(p, 'Old')
  noteRun(p, run.id, { tags: ['a', 'b', 'a'], pinned: true })
  expect(noteRun(p, run.id, { name: ' New ' })).toEqual({ name: 'New', note: '', tags: ['a', 'b'], pinned: true })
  expect(listCheckpoints(p)).toMatchObject([{ name: 'New', folder: 'checkpoints/Old' }])
  expect(() => noteRun(p, run.id, { name: 'x'.repeat(201) })).toThrow()
  expect(() => noteRun(p, 'nobody', noNote)).toThrow('no run has the id nobody')
})

test('the table quotes what it must, and no cell is a formula', () => {
  const p = temporaryProject([record('a.jpg')])
  const run = trained(p, '=1+1', { lr: '1e-3' })
  const entry = {
    ...run,
    ...noNote,
    name: '=1+1',
    note: 'two\n"lines"',
    base: 'Nano',
    model: null,
    resumable: false,
    earlier: [],
    progress: null,
  }
  const [head, ...rows] = runsCsv([entry]).split('\r\n')
  expect(head).toBe('name,kind,recipe,base,status,started,finished,tags,note,dataset,folder,id,setting:lr')
  expect(rows.join('\r\n')).toMatch(/^'=1\+1,train,ft,Nano,done,.*,"two\n""lines""",[0-9a-f]{64},checkpoints\/=1\+1,0\.5,1e-3\r\n$/)
})
