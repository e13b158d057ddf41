/** What a window shows of the open image while its own changes are on their way. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import type { ImageContent } from '#shared/contract/media.ts'
import type { Region } from '#shared/model/region.ts'
import type { Change } from '../../../src-renderer/rpc/changes.ts'
import { useOpenImage } from '../../../src-renderer/stores/open-image.ts'

/** The application: its state of image 1, and changes that it answers when `let` go. */
const server = vi.hoisted(() => ({
  content: null as unknown,
  made: [] as Change[],
  hold: [] as (() => void)[],
  listeners: new Map<string, (data: unknown) => void>(),
  connection: { state: 'open', since: 0 },
  box: null as unknown,
}))
vi.mock('../../../src-renderer/rpc/index.ts', async () => {
  const { Outbox } = await import('../../../src-renderer/rpc/outbox.ts')
  const { actionOf, temporaryId } = await import('../../../src-renderer/rpc/changes.ts')
  const outboxEvents: Record<string, (...a: never[]) => unknown> = {}
  const events = new Proxy(outboxEvents, { get: (t, name: string) => t[name] ?? (() => undefined) })
  const send = (change: Change) =>
    new Promise((resolve, reject) => {
      server.made.push(change)
      server.hold.push(() =>
        change.method === 'tags.add' && change.input.tag === 'refused' ? reject(new Error('no')) : resolve({ id: 100 }),
      )
    })
  const store = { take: async () => [], put: () => undefined, done: () => undefined }
  const outbox = new Outbox(send, store, events as never)
  server.box = outbox
  return {
    outbox,
    outboxEvents,
    actionOf,
    temporaryId,
    call: async (method: string) => (method === 'media.content' ? structuredClone(server.content) : []),
    remote: {
      on: (event: string, listener: (data: unknown) => void) => server.listeners.set(event, listener),
      connection: server.connection,
    },
  }
})
vi.mock('../../../src-renderer/stores/project.ts', () => ({
  useProject: () => ({ key: 'p', labels: [], opened: { info: { folder: '/p' } }, lookForReplacement: () => undefined }),
}))
vi.mock('../../../src-renderer/stores/gallery.ts', () => ({
  useGallery: () => ({ places: new Map(), ids: [], focus: 0, selection: new Set(), focusOn: () => undefined }),
}))
vi.mock('../../../src-renderer/stores/session.ts', () => ({
  useSession: () => ({ user: 'ann', client: 'me', settings: { prefetch: 0, labelling: { keepLabel: true } } }),
}))
vi.mock('../../../src-renderer/stores/shell.ts', () => ({ useShell: () => ({ room: 'label' }) }))
vi.mock('../../../src-renderer/stores/toasts.ts', () => ({
  useToasts: () => ({ error: () => undefined, say: () => undefined, turned: () => undefined }),
}))
vi.mock('../../../src-renderer/stores/canvas-settings.ts', () => ({ keepSettings: () => undefined }))
vi.mock('../../../src-renderer/stores/guides.ts', () => ({ keepGuides: () => undefined }))
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })

const region = (id: number, x: number): Region =>
  ({
    id,
    mediaId: 1,
    labelId: null,
    shape: { kind: 'box', x, y: 1, w: 5, h: 5 },
    attributes: {},
    author: { kind: 'person', name: 'ann' },
    state: 'accepted',
    z: id,
    locked: false,
    hidden: false,
    groupId: null,
    track: null,
  }) as unknown as Region
const image = (tags: string[], regions: Region[] = []): ImageContent =>
  ({
    media: { id: 1, width: 64, height: 48, split: null, review: 'unreviewed' },
    regions,
    labels: [],
    tags,
    captions: [],
    comments: [],
  }) as never
const soon = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms))
const answered = async () => {
  server.hold.shift()!()
  await soon()
}
const tag = (name: string) => useOpenImage().change({ method: 'tags.add', input: { mediaIds: [1], tag: name } })
const elsewhere = () => server.listeners.get('annotations.changed')!({ mediaIds: [1], action: 'add tag', origin: 'another' })

beforeEach(async () => {
  while (server.hold.length) await answered()
  setActivePinia(createPinia())
  Object.assign(server, { made: [], content: image(['old']) })
  await useOpenImage().open(1)
})

test('a change is shown before the application has it', () => {
  tag('new')
  expect([useOpenImage().content!.tags, server.made.length]).toEqual([['old', 'new'], 1])
})

test('a refetch does not overwrite an unsent change', async () => {
  const shown = useOpenImage()
  tag('new')
  server.content = image(['old', 'theirs'])
  await shown.refetch()
  expect(shown.content!.tags).toEqual(['old', 'new'])
  server.content = image(['old', 'theirs', 'new'])
  await answered()
  await vi.waitFor(() => expect(shown.content!.tags).toEqual(['old', 'theirs', 'new']))
})

test('a change of another window is shown once this window’s own are sent', async () => {
  const shown = useOpenImage()
  tag('a')
  tag('b')
  elsewhere()
  await soon(60)
  expect(shown.content!.tags).toEqual(['old', 'a', 'b'])
  server.content = image(['old', 'theirs', 'a', 'b'])
  await answered()
  await soon(60)
  expect(shown.content!.tags).toEqual(['old', 'a', 'b'])
  await answered()
  await vi.waitFor(() => expect(shown.content!.tags).toEqual(['old', 'theirs', 'a', 'b']))
})

test('a refused change is reverted', async () => {
  const shown = useOpenImage()
  tag('refused')
  expect(shown.content!.tags).toEqual(['old', 'refused'])
  await answered()
  await vi.waitFor(() => expect(shown.content!.tags).toEqual(['old']))
})

test('without a connection, undo withdraws what was not sent, but nothing in flight', async () => {
  const shown = useOpenImage()
  tag('a')
  tag('b')
  server.connection.state = 'lost'
  expect(await shown.turn('undo')).toBe(true)
  expect(shown.content!.tags).toEqual(['old', 'a'])
  let turned = false
  void shown.turn('undo').then(() => (turned = true))
  await soon()
  expect([turned, shown.content!.tags, server.made.length]).toEqual([false, ['old', 'a'], 1])
  server.connection.state = 'open'
  await answered()
})

test('regions of other windows are added and removed on the canvas; a new one stays until it is saved', async () => {
  const shown = useOpenImage()
  server.content = image(['old'], [region(7, 1), region(8, 2)])
  await shown.refetch()
  expect(shown.editor.regions.all().map((r) => r.id)).toEqual([7, 8])
  shown.editor.receive([{ before: null, after: region(-3, 30) }])
  server.content = image(['old'], [region(8, 20)])
  await shown.refetch()
  expect(shown.editor.regions.all().map((r) => [r.id, (r.shape as { x: number }).x])).toEqual(
    expect.arrayContaining([
      [8, 20],
      [-3, 30],
    ]),
  )
  expect(shown.editor.regions.all()).toHaveLength(2)
})
