/** A merge whose process is killed between the soup's last byte and its entry in the project leaves no folder that is nobody's. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import {
  addCheckpoint,
  closeInterrupted,
  listCheckpoints,
  listRuns,
  openProject,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { mergeIntoProject, registerMerge } from '../../../src-main/app/merging/merge.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { mergeCheckpoints } from '../../../src-main/engine/merge/merge.ts'
import { readRecord } from '../../../src-main/engine/weights/index.ts'
import { type Child, startChild } from '../../../src-main/files/child.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { program } from '../../helpers/programs.ts'
import { shapesProject } from '../cli/terminal.ts'

let folder: string
let cache: string
beforeEach(async () => {
  const dir = temporaryFolder()
  folder = await shapesProject(dir)
  cache = path.join(dir, 'cache')
})
const request = { method: { name: 'uniform' as const }, checkpoints: [TINY_CLIP, TINY_CLIP], name: 'soup' }
const there = () => (fs.existsSync(path.join(folder, 'checkpoints')) ? fs.readdirSync(path.join(folder, 'checkpoints')) : [])

test('an engine that is killed as soon as the soup is there: it is removed, and made again it is entered without a trace of that', async () => {
  const file = await program('engine-process')
  let child: Child | undefined
  const engine = new EngineClient(() => (child = startChild(file, [])))
  const app = { engine, nano: TINY_CLIP, cache }
  const project = openProject(folder)
  try {
    let killed = false
    const record = path.join(folder, 'checkpoints', 'soup', 'dashi.json')
    const look = setInterval(() => {
      if (killed || !fs.existsSync(record)) return
      killed = true
      expect(readRecord(path.dirname(record)).run).toBe(listRuns(project)[0]!.id)
      child!.kill()
    }, 1)
    await expect(mergeIntoProject(app, project, request).result).rejects.toThrow(/in the middle of a merge; nothing was changed$/)
    clearInterval(look)
    expect(killed).toBe(true)
    expect(there()).toEqual([])
    expect(listRuns(project)[0]).toMatchObject({ status: 'failed' })
    await mergeIntoProject(app, project, request).result
    expect(there()).toEqual(['soup'])
    expect(readRecord(path.join(folder, 'checkpoints', 'soup'))).not.toHaveProperty('run')
    expect(listCheckpoints(project)).toHaveLength(1)
  } finally {
    project.close()
    await engine.close()
  }
})

/** What a program leaves that is killed once the soup is written. */
async function interrupted(entered: (project: Project, runId: string) => void = () => undefined) {
  const project = openProject(folder)
  const { id } = registerMerge(project, request)
  const out = path.join(folder, 'checkpoints', 'soup')
  await mergeCheckpoints({ method: request.method, ingredients: request.checkpoints, out, run: id })
  entered(project, id)
  return { project, out }
}

test('the next start removes it, with what lies there half-written', async () => {
  const { project, out } = await interrupted()
  fs.mkdirSync(path.join(folder, 'checkpoints', '.soup.99999999-0123abcd.part'))
  fs.writeFileSync(path.join(out, '.dashi.json.99999999-0123abcd.part'), '{')
  closeInterrupted(project)
  expect(there()).toEqual([])
  project.close()
})

test('but not one that was entered, that somebody put a file into, or that the terminal made in its place', async () => {
  const own = await interrupted((project, runId) =>
    addCheckpoint(project, { name: 'soup', kind: 'soup', runId, folder: path.join('checkpoints', 'soup') }),
  )
  closeInterrupted(own.project)
  await expect.poll(() => readRecord(own.out).run).toBeUndefined()
  own.project.close()
  fs.rmSync(own.out, { recursive: true })

  const { project, out } = await interrupted()
  project.db.run('DELETE FROM checkpoint')
  fs.writeFileSync(path.join(out, 'notes.txt'), 'mine')
  closeInterrupted(project)
  expect(fs.existsSync(path.join(out, 'notes.txt'))).toBe(true)
  fs.rmSync(path.join(out, 'notes.txt'))
  await mergeCheckpoints({ method: request.method, ingredients: request.checkpoints, out })
  closeInterrupted(project)
  expect(there()).toEqual(['soup'])
  project.close()
})
