/** What a program that was killed left of its trainings is put right when the project is opened next. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { closeInterrupted, startRun, updateRun } from '../../../src-main/app/projects/index.ts'
import { temporaryProject } from './fixture.ts'

test('the state of a training that is done is removed, any other stays', () => {
  const project = temporaryProject()
  const place = (name: string) => path.join(project.folder, 'checkpoints', `${name}.run`)
  const file = (name: string) => path.join(place(name), 'state.safetensors')
  const entered = (name: string, status: 'done' | 'failed' | 'queued') => {
    const { id } = startRun(project, { kind: 'train', recipe: 'ft', folder: path.join('checkpoints', name), status: 'queued' })
    if (status !== 'queued') updateRun(project, id, { status })
    fs.mkdirSync(place(name), { recursive: true })
    fs.writeFileSync(file(name), '')
  }
  entered('done', 'done')
  entered('stopped', 'failed')
  entered('again', 'done')
  entered('again', 'queued') // into the same folder
  entered('with more', 'done')
  fs.writeFileSync(path.join(place('with more'), 'notes.txt'), 'mine')
  closeInterrupted(project)
  expect(fs.existsSync(place('done'))).toBe(false)
  for (const name of ['stopped', 'again']) expect(fs.existsSync(file(name)), name).toBe(true)
  expect(fs.readdirSync(place('with more'))).toEqual(['notes.txt'])
})
