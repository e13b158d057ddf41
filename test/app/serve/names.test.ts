/** Several people at one project: each window's edits are by whoever works in it, and their agreement is asked for by any. */
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import type { EngineClient } from '../../../src-main/engine/client.ts'
import { box, record, temporaryFolder } from '../projects/fixture.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

function start() {
  const dir = temporaryFolder()
  const folder = join(dir, 'p')
  const made = createProject(folder, { user: 'ann' })
  addRecords(made, [
    record('a.jpg', { regions: [{ label: 'cat', shape: box() }] }),
    record('b.jpg'),
    record('c.jpg', { labels: [{ label: 'dog' }] }),
  ])
  made.close()
  const app = new App({
    host: hostIn(dir),
    models: { engine: { close: async () => undefined } as unknown as EngineClient, nano: '', cache: dir },
  })
  onTestFinished(() => app.close())
  return { app, folder }
}

async function window(app: App, folder: string, name?: string) {
  const { call, close } = openWindow(app)
  onTestFinished(close)
  const hello = await call('app.hello', name === undefined ? {} : { name })
  await call('projects.open', { folder })
  return { call, hello }
}

test('two windows with two names are two authors, in the journal as well', async () => {
  const { app, folder } = start()
  const ann = await window(app, folder, 'ann')
  const bo = await window(app, folder, ' bo ')
  expect(bo.hello.user).toBe('bo')
  const [cat, dog] = (await ann.call('labels.list')).map((l) => l.id)
  await ann.call('image-labels.set', { mediaIds: [1, 2], labelId: cat! })
  await bo.call('image-labels.set', { mediaIds: [1], labelId: cat! })
  await bo.call('image-labels.set', { mediaIds: [2], labelId: dog! })
  const query = { a: { kind: 'person', name: 'ann' }, b: { kind: 'person', name: 'bo' } } as const
  expect((await ann.call('agreement.compare', query)).classes).toMatchObject({ n: 2, observed: 0.5 })
  expect((await ann.call('history.list', { limit: 2 })).map((e) => e.by)).toEqual(['bo', 'bo'])

  const { total, disagreements } = await bo.call('agreement.disagreements', query)
  expect([total, disagreements[0]!.kind]).toEqual([1, 'class'])
  await bo.call('agreement.decide', { ...disagreements[0]!, take: 'a' })
  expect((await ann.call('agreement.disagreements', query)).total).toBe(0)
  expect((await ann.call('agreement.disagreements', { ...query, decided: true })).total).toBe(1)
  expect((await ann.call('media.content', { id: 2 })).labels.map((l) => [l.state, l.editedBy])).toEqual([
    ['accepted', undefined],
    ['rejected', 'bo'],
  ])
  await ann.call('history.undo', {})
  expect((await ann.call('agreement.disagreements', query)).total).toBe(1)
})

test('a window without a name is the user’s, and takes another name while it is open', async () => {
  const { app, folder } = start()
  const one = await window(app, folder)
  expect((await one.call('app.hello')).user).toBe(one.hello.user)
  await one.call('app.hello', { name: 'cy' })
  await one.call('tags.add', { mediaIds: [1], tag: 'night' })
  expect((await one.call('history.list', { limit: 1 }))[0]!.by).toBe('cy')
  await expect(one.call('app.hello', { name: '  ' })).rejects.toThrow('app.hello.name')
})
