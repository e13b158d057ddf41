/** Windows whose project is replaced: they are told, their edits are refused with both ways out, and jobs that write say so too. */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished, expect, test } from 'vitest'
import type { Input, MethodName } from '#shared/contract.ts'
import type { RemoteError } from '#shared/contract/rpc.ts'
import { createProject, addRecords, imageContent, openProject } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import type { EngineClient } from '../../../src-main/engine/client.ts'
import { box, fiveImages, temporaryFolder } from '../projects/fixture.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

function start() {
  const dir = temporaryFolder()
  const folder = join(dir, 'p')
  const made = createProject(folder)
  addRecords(made, fiveImages())
  made.close()
  copyFileSync(join(folder, 'project.db'), join(dir, 'older.db'))
  const app = new App({
    host: hostIn(dir),
    models: { engine: { close: async () => undefined } as unknown as EngineClient, nano: '', cache: dir },
  })
  onTestFinished(() => app.close())
  return { app, dir, folder, file: join(folder, 'project.db') }
}

async function window(app: App, folder: string) {
  const told: { event: string; data: unknown }[] = []
  const { call, operate, close } = openWindow(app, (event, data) => void told.push({ event, data }))
  onTestFinished(close)
  const opened = await call('projects.open', { folder })
  const refusal = async <M extends MethodName>(method: M, input: Input<M>): Promise<RemoteError> => {
    try {
      await operate(crypto.randomUUID(), method, input)
    } catch (e) {
      return e as RemoteError
    }
    throw new Error(`${method} was not refused`)
  }
  return { call, operate, told, refusal, opened }
}
const caption = (text: string) => ({ mediaId: 1, regionId: null, text, language: null, spans: [] })
const texts = async (w: Awaited<ReturnType<typeof window>>) => (await w.call('media.content', { id: 1 })).captions.map((c) => c.text)

test('both windows are told, what is refused can be sent to the copy under its name, and the place is opened anew for all', async () => {
  const { app, dir, folder, file } = start()
  const [a, b] = [await window(app, folder), await window(app, folder)]
  await a.operate('op-before', 'captions.add', caption('acknowledged'))
  renameSync(join(dir, 'older.db'), file)
  const refused = await a.refusal('captions.add', caption('refused'))
  expect([refused.fault, refused.message]).toEqual([
    'replaced',
    expect.stringMatching(/project\.db: was replaced by another program while it was open/),
  ])
  for (const refusal of [
    b.refusal('labels.add', { name: 'x' }),
    b.refusal('history.undo', {}),
    b.refusal('snapshots.take', { name: 's' }),
    b.refusal('media.remove', { ids: [1] }),
    b.refusal('review.set', { mediaIds: [1], review: 'approved' }),
  ])
    expect((await refusal).fault).toBe('replaced')
  app.pool.look()
  expect(await b.call('projects.presence')).toMatchObject({ how: 'replaced' })
  for (const w of [a, b])
    expect(w.told.filter((t) => t.event === 'project.replaced')).toEqual([
      { event: 'project.replaced', data: { replaced: { how: 'replaced', file } } },
    ])
  expect((await window(app, folder)).opened.replaced).toMatchObject({ how: 'replaced' }) // a window that comes later, too

  const began = performance.now()
  const { folder: copy } = await a.call('projects.save-copy', { folder: dir })
  await a.call('projects.open', { folder: copy })
  await a.operate('op-refused', 'captions.add', caption('refused'))
  expect(await texts(a)).toEqual(['acknowledged', 'refused'])
  await b.call('projects.reopen')
  expect(performance.now() - began).toBeLessThan(60_000)
  expect(await texts(b)).toEqual([])
  await b.operate('op-after', 'captions.add', caption('goes on'))
  expect(await b.call('projects.presence')).toBeNull()
  expect(b.told.at(-1)?.event).toBe('annotations.changed')
})

test('a place where nothing is any more is not opened, and what is open stays', async () => {
  const { app, folder, file } = start()
  const a = await window(app, folder)
  await a.operate('op-before', 'captions.add', caption('acknowledged'))
  rmSync(file)
  await expect(a.call('projects.reopen')).rejects.toThrow(/no longer contains a project/)
  expect(await texts(a)).toEqual(['acknowledged'])
})

test('an import that is under way when the project is replaced fails in one line, and takes nothing along', async () => {
  const { app, dir, folder, file } = start()
  const a = await window(app, folder)
  const other = createProject(join(dir, 'q'))
  addRecords(
    other,
    Array.from({ length: 3000 }, (_, i) => ({
      fileName: `${i}.jpg`,
      width: 10,
      height: 10,
      regions: [{ label: 'l', shape: box(1, 1, 2, 2) }],
    })),
  )
  other.close()
  await a.operate('op-before', 'captions.add', caption('acknowledged'))
  const { jobId } = await a.call('exchange.import', { path: join(dir, 'q'), options: { format: 'dashi' } })
  renameSync(join(dir, 'older.db'), file)
  await expect.poll(() => app.queue.list().find((j) => j.id === jobId)?.status, { timeout: 60_000 }).not.toMatch(/queued|running/)
  const job = app.queue.list().find((j) => j.id === jobId)!
  expect([job.status, job.error]).toEqual(['failed', expect.stringMatching(/was replaced (?:or removed )?by another program/)])
  const inPlace = openProject(folder, { readOnly: true })
  expect(inPlace.db.value('SELECT count(*) FROM media')).toBe(5)
  inPlace.close()
  const { folder: copy } = await a.call('projects.save-copy', { folder: dir })
  const copied = openProject(copy, { readOnly: true })
  expect(imageContent(copied, 1).captions.map((c) => c.text)).toEqual(['acknowledged'])
  copied.close()
  expect(existsSync(copy)).toBe(true)
})
