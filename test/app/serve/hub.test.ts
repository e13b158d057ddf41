/** The Models view's questions, in a program that runs: what is here, what a download would bring, the job, and deleting. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import type { Client } from '#shared/contract/rpc.ts'
import { addRecords, createProject, startRun } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { storedSettings } from '../../../src-main/app/serve/preferences.ts'
import { engine } from '../../helpers/engine.ts'
import { OPEN_CLIP, writeUnsaid } from '../../helpers/open-clip.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'
import { FakeHub } from '../hub/fake-hub.ts'
import { placeIn, tinyClip } from '../hub/shelf-of.ts'

let dir: string
let hub: FakeHub
let app: App
let call: Client['call']
const jobs: JobEntry[] = []
beforeAll(async () => {
  dir = temporaryFolder()
  hub = await FakeHub.start()
  hub.models.set('lab/tiny-clip', tinyClip())
  const host = hostIn(dir)
  const place = placeIn(dir, hub)
  const modelFolders = () => [place.folder, ...storedSettings(host.configFolder).modelFolders]
  app = new App({ host, models: { engine: await engine(), nano: TINY_CLIP, cache: host.cacheFolder, modelFolders, hub: place } })
  for (const name of ['other', 'project']) {
    const project = createProject(path.join(dir, name))
    addRecords(project, [{ fileName: 'a.png', width: 1, height: 1 }])
    project.close()
  }
  ;({ call } = openWindow(app, (event, data) => void (event === 'jobs.changed' && jobs.push(data as JobEntry))))
  await call('projects.open', { folder: path.join(dir, 'project') })
})
afterAll(async () => {
  await app.close()
  await hub.close()
})

const ended = async () => {
  await app.queue.idle()
  return app.queue.list().at(-1)!
}

test('a model is planned, downloaded by a job, used, and deleted', async () => {
  const plan = await call('models.plan', { name: 'lab/tiny-clip' })
  expect(plan).toMatchObject({ family: 'CLIP', licence: 'apache-2.0', there: false })
  expect(JSON.stringify(plan)).not.toContain('hashed')
  const { commit, licence } = plan
  await call('models.download', { name: plan.name, commit, licence })
  const job = await ended()
  expect(job).toMatchObject({
    kind: 'download',
    status: 'done',
    subject: 'lab/tiny-clip',
    phase: 'downloading',
    done: plan.bytes,
    share: 1,
  })
  expect(job.result).toEqual({ name: 'lab/tiny-clip', folder: plan.folder, bytes: plan.bytes })
  const { models } = await call('models.shelf', {})
  expect(models.map(({ name, source, family, problem, card }) => ({ name, source, family, problem, card }))).toEqual([
    { name: 'Nano', source: 'box', family: 'CLIP', problem: null, card: false },
    { name: 'lab/tiny-clip', source: 'downloaded', family: 'CLIP', problem: null, card: true },
  ])
  expect((await call('models.list', {})).map((m) => m.folder)).toContain(plan.folder)
  const { text } = await call('models.card', { folder: plan.folder })
  expect(text).toMatch(/^# Tiny CLIP/)

  startRun(app.pool.byKey(jobs[0]!.project!)!.project, { kind: 'train', recipe: 'lp', settings: { model: plan.folder, name: 'my run' } })
  expect(await call('models.used', { folder: plan.folder })).toEqual({ runs: ['my run'], elsewhere: [] })
  await call('projects.open', { folder: path.join(dir, 'other') })
  expect(await call('models.used', { folder: plan.folder })).toEqual({ runs: [], elsewhere: [{ project: 'project', runs: 1 }] })
  await call('projects.open', { folder: path.join(dir, 'project') })
  await expect(call('models.delete', { folder: TINY_CLIP })).rejects.toThrow(/was not downloaded by Dashi/)
  fs.writeFileSync(path.join(plan.folder, 'notes.txt'), 'mine')
  await expect(call('models.delete', { folder: plan.folder })).rejects.toThrow(/notes\.txt/)
  fs.rmSync(path.join(plan.folder, 'notes.txt'))
  await call('models.delete', { folder: plan.folder })
  expect(fs.readdirSync(path.join(dir, 'models'))).toEqual([])
  await expect(call('models.card', { folder: '/etc' })).rejects.toThrow(/is no model of the list/)
})

test('a job that was cancelled leaves a download that is listed as unfinished, goes on, or is forgotten', async () => {
  const { name, commit, licence } = await call('models.plan', { name: 'lab/tiny-clip' })
  hub.meet('model.safetensors', 1000, (response) => void response.writeHead(200).write(Buffer.alloc(900)), 'cdn')
  const { jobId } = await call('models.download', { name, commit, licence })
  await expect.poll(() => jobs.some((j) => j.id === jobId && j.done >= 900)).toBe(true)
  await expect(call('models.forget', { name })).rejects.toThrow(/is being downloaded already/)
  await call('jobs.cancel', { id: jobId })
  expect(await ended()).toMatchObject({ status: 'cancelled' })
  const { unfinished, models } = await call('models.shelf', {})
  expect([unfinished.map((u) => u.name), models.length]).toEqual([['lab/tiny-clip'], 1])
  await call('models.forget', { name })
  expect((await call('models.shelf', {})).unfinished).toEqual([])
})

test('a folder on disk is looked at before it is added, and says what is missing', async () => {
  const at = path.join(dir, 'shelf', 'one')
  fs.cpSync(TINY_CLIP, at, { recursive: true })
  expect(await call('models.look', { folder: at })).toMatchObject({ family: 'CLIP', problem: null, models: 1 })
  expect(await call('models.look', { folder: path.join(dir, 'shelf') })).toMatchObject({ family: null, models: 1 })
  fs.rmSync(path.join(at, 'tokenizer.json'))
  fs.rmSync(path.join(at, 'tokenizer_config.json'))
  expect(await call('models.look', { folder: at })).toMatchObject({ family: 'CLIP', problem: { code: 'in-file' } })
  fs.rmSync(path.join(at, 'model.safetensors'))
  fs.writeFileSync(path.join(at, 'pytorch_model.bin'), '')
  const { problem } = await call('models.look', { folder: at })
  expect(JSON.stringify(problem)).toContain('pickle')
  expect(await call('models.look', { folder: path.join(dir, 'nothing') })).toMatchObject({ family: null, problem: { code: 'in-file' } })
})

test('weights of open_clip are converted among the downloads, as was said before; a pickle, an unknown activation and a name that is taken are refused', async () => {
  const at = path.join(dir, 'from', 'RN-tiny')
  fs.cpSync(path.join(OPEN_CLIP, 'quick'), at, { recursive: true })
  const planned = await call('models.conversion', { source: at })
  const file = path.join(at, 'open_clip_model.safetensors')
  expect(planned).toMatchObject({ file, name: 'RN-tiny', family: 'CLIP', tokenizer: false, activationUnknown: false })
  expect(planned.folder).toBe(path.join(dir, 'models', 'RN-tiny'))
  await call('models.convert', { source: at, name: planned.name })
  const job = await ended()
  expect(job).toMatchObject({ kind: 'convert', status: 'done', subject: 'RN-tiny', phase: 'writing' })
  expect(job.result).toEqual({ name: 'RN-tiny', folder: planned.folder, tokenizer: false })
  const { models } = await call('models.shelf', {})
  const made = models.find((m) => m.name === 'RN-tiny')!
  expect(made).toMatchObject({ folder: planned.folder, source: 'outside', family: 'CLIP' })
  expect(fs.statSync(path.join(planned.folder, 'model.safetensors')).size).toBeGreaterThan(planned.bytes)
  expect((await call('models.conversion', { source: at })).name).toBe('RN-tiny-2')
  await expect(call('models.convert', { source: at, name: 'RN-tiny' })).rejects.toThrow(/is there already: give another name$/)
  await expect(call('models.convert', { source: at, name: '../elsewhere' })).rejects.toThrow(/^[^\n]*$/)

  // Without its configuration, nothing says which activation the weights were trained with.
  const alone = path.join(dir, 'from', 'alone.safetensors')
  writeUnsaid(alone)
  expect(await call('models.conversion', { source: alone })).toMatchObject({ name: 'alone', activationUnknown: true })
  await call('models.convert', { source: alone, name: 'unsaid' })
  expect(await ended()).toMatchObject({ status: 'failed', error: expect.stringMatching(/quick GELU.*[^\n]$/) as string })
  expect(fs.existsSync(path.join(dir, 'models', 'unsaid'))).toBe(false)
  await call('models.convert', { source: alone, name: 'plain', quickGelu: false })
  expect(await ended()).toMatchObject({ status: 'done' })
  const config = JSON.parse(fs.readFileSync(path.join(dir, 'models', 'plain', 'config.json'), 'utf8')) as Record<
    string,
    Record<string, unknown>
  >
  expect(config['text_config']!['hidden_act']).toBe('gelu')

  fs.renameSync(file, path.join(at, 'open_clip_pytorch_model.bin'))
  await expect(call('models.conversion', { source: at })).rejects.toThrow(/open_clip_pytorch_model\.bin: a pickle can run any program/)
})

test('a token is kept and never told back', async () => {
  expect((await call('models.shelf', {})).hub).toMatchObject({ token: null, offline: false, endpoint: hub.endpoint })
  const standing = await call('models.token', { token: 'hf_secretsecret' })
  expect(standing.token).toBe('file')
  expect(JSON.stringify(await call('models.shelf', {}))).not.toContain('hf_secretsecret')
  expect((await call('models.token', { token: null })).token).toBeNull()
})
