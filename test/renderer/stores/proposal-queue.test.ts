/** The queue of proposals without a browser: verdicts given faster than images arrive, and on images that cannot be shown. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import type { QueuedProposal } from '#shared/model/review.ts'
import type { Region } from '#shared/model/region.ts'
import type { Change } from '../../../src-renderer/rpc/changes.ts'
import { useProposalQueue } from '../../../src-renderer/stores/proposal-queue.ts'

/** The application: images 1 and 2, with one proposal each, whose contents wait while `held` is set. */
const server = vi.hoisted(() => ({ made: [] as Change[], held: null as (() => void)[] | null, gone: [] as number[] }))
const region = (id: number): Region =>
  ({ id, labelId: 1, shape: { kind: 'box', x: 1, y: 1, w: 9, h: 9 }, attributes: {}, state: 'proposed', z: 1 }) as never
const proposal = (mediaId: number): QueuedProposal => ({ kind: 'region', id: mediaId * 10, mediaId, labelId: 1, score: 0.5 }) as never

vi.mock('../../../src-renderer/rpc/index.ts', async () => {
  const { actionOf, temporaryId } = await import('../../../src-renderer/rpc/changes.ts')
  return {
    actionOf,
    temporaryId,
    outbox: { waiting: [], state: { waiting: 0 }, add: (c: Change) => server.made.push(c), empty: () => Promise.resolve() },
    outboxEvents: {},
    remote: { on: () => undefined, connection: { state: 'open', since: 0 } },
    call: async (method: string, input: { id: number }) => {
      if (method === 'review.proposals') return { total: 2, proposals: [proposal(1), proposal(2)] }
      if (method !== 'media.content') return []
      if (server.held) await new Promise<void>((go) => server.held!.push(go))
      if (server.gone.includes(input.id)) throw new Error('gone')
      const media = { id: input.id, width: 20, height: 10 }
      return { media, regions: [region(input.id * 10)], labels: [], tags: [], captions: [], comments: [] }
    },
  }
})
vi.mock('../../../src-renderer/stores/project.ts', () => {
  const project = reactive({ key: 'p', labels: [], opened: { info: { folder: '/p' } } })
  return { useProject: () => project }
})
vi.mock('../../../src-renderer/stores/gallery.ts', () => {
  const ids = [1, 2]
  const gallery = { ids, places: new Map(ids.map((id, i) => [id, i])), focus: 0, selection: new Set(), focusOn: () => undefined }
  return { useGallery: () => gallery }
})
vi.mock('../../../src-renderer/stores/session.ts', () => ({
  useSession: () => ({ user: 'ann', client: 'me', settings: { prefetch: 0, labelling: { keepLabel: true } } }),
}))
vi.mock('../../../src-renderer/stores/shell.ts', () => ({ useShell: () => ({ room: 'label' }) }))
vi.mock('../../../src-renderer/stores/toasts.ts', () => ({ useToasts: () => ({ error: () => undefined }) }))
vi.mock('../../../src-renderer/stores/canvas-settings.ts', () => ({ keepSettings: () => undefined }))
vi.mock('../../../src-renderer/stores/guides.ts', () => ({ keepGuides: () => undefined }))
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })

/** What was sent: of which image, and what became of its proposal. */
const sent = () =>
  server.made.map((c) => (c.method === 'regions.apply' ? [c.input.mediaId, c.input.changes.map((x) => x.after?.state)] : c.method))

beforeEach(() => {
  setActivePinia(createPinia())
  Object.assign(server, { made: [], held: null, gone: [] })
})

it('keeps a verdict that is given while the next image is still coming, and gives it to that image', async () => {
  const queue = useProposalQueue()
  expect(await queue.begin('image', {})).toBe(2)
  server.held = []
  const verdicts = [queue.judge('accepted'), queue.judge('rejected')]
  await vi.waitFor(() => expect(server.held).not.toEqual([]))
  expect([sent(), queue.busy]).toEqual([[[1, ['accepted']]], true])
  server.held.splice(0).forEach((go) => go())
  server.held = null
  await Promise.all(verdicts)
  expect(sent()).toEqual([
    [1, ['accepted']],
    [2, ['rejected']],
  ])
  expect([queue.busy, queue.active]).toEqual([false, false])
})

it('does not count a verdict on a proposal whose image cannot be shown', async () => {
  const queue = useProposalQueue()
  server.gone = [2]
  await queue.begin('image', {})
  await queue.judge('accepted')
  expect([queue.current?.mediaId, queue.counts.left]).toEqual([2, 1])
  await queue.judge('accepted')
  expect(sent()).toEqual([[1, ['accepted']]])
})
