/** The prompt bar without a browser: what is asked of the model, what is shown of its answers, and what becomes of them. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick, reactive } from 'vue'
import type { ImageContent } from '#shared/contract/media.ts'
import type { Label } from '#shared/model/label.ts'
import type { Region } from '#shared/model/region.ts'
import type { Change } from '../../../src-renderer/rpc/changes.ts'
import { useGhosts } from '../../../src-renderer/stores/ghosts.ts'
import { useOpenImage } from '../../../src-renderer/stores/open-image.ts'
import { usePrompt } from '../../../src-renderer/stores/prompt.ts'

type Answer = { label: string; labelId: number | null; score: number; box: [number, number, number, number] }
/** The application: three images of one size, a detector, and what it was asked. */
const server = vi.hoisted(() => ({
  asked: [] as [method: string, input: Record<string, unknown>][],
  made: [] as unknown[],
  found: [] as unknown[],
  /** Answers to questions wait while this is set. */
  held: null as (() => void)[] | null,
  regions: [] as unknown[],
  refuses: null as string | null,
}))
const project = vi.hoisted(() => ({ it: null as unknown as { labels: Label[] } }))

vi.mock('../../../src-renderer/rpc/index.ts', async () => {
  const { actionOf, temporaryId } = await import('../../../src-renderer/rpc/changes.ts')
  const content = (id: number): ImageContent =>
    ({ media: { id, width: 200, height: 100 }, regions: server.regions, labels: [], tags: [], captions: [], comments: [] }) as never
  return {
    actionOf,
    temporaryId,
    outbox: { waiting: [], state: { waiting: 0 }, add: (c: Change) => server.made.push(c), empty: () => Promise.resolve() },
    outboxEvents: {},
    remote: { on: () => undefined, connection: { state: 'open', since: 0 } },
    call: async (method: string, input: Record<string, unknown>) => {
      if (method === 'media.content') return structuredClone(content(input['id'] as number))
      server.asked.push([method, input])
      if (method === 'labels.add') return void project.it.labels.push({ id: 9, name: input['name'], colour: '#999999' } as never)
      if (!/detect|segment/.test(method)) return null
      if (server.held) await new Promise<void>((go) => server.held!.push(go))
      if (server.refuses) throw new Error(server.refuses)
      return structuredClone(server.found)
    },
  }
})
vi.mock('../../../src-renderer/stores/project.ts', () => ({
  useProject: () => project.it,
}))
vi.mock('../../../src-renderer/stores/gallery.ts', () => {
  const ids = [1, 2, 3]
  const gallery = { ids, places: new Map(ids.map((id, i) => [id, i])), focus: 0, selection: new Set(), focusOn: () => undefined }
  return { useGallery: () => gallery }
})
vi.mock('../../../src-renderer/stores/session.ts', () => ({
  useSession: () => ({ user: 'ann', client: 'me', settings: { prefetch: 0, labelling: { keepLabel: true } } }),
}))
vi.mock('../../../src-renderer/stores/shell.ts', () => ({ useShell: () => ({ room: 'label' }) }))
vi.mock('../../../src-renderer/stores/toasts.ts', () => ({
  useToasts: () => ({ error: (text: string) => server.made.push(text), say: () => undefined }),
}))
vi.mock('../../../src-renderer/stores/canvas-settings.ts', () => ({ keepSettings: () => undefined }))
vi.mock('../../../src-renderer/stores/guides.ts', () => ({ keepGuides: () => undefined }))
vi.mock('../../../src-renderer/stores/classify.ts', () => ({ useClassify: () => ({ active: false }) }))
vi.mock('../../../src-renderer/stores/review.ts', () => ({ useReview: () => ({ active: false }) }))
vi.mock('../../../src-renderer/stores/proposal-queue.ts', () => ({ useProposalQueue: () => ({ active: false, end: () => undefined }) }))
vi.mock('../../../src-renderer/stores/runs.ts', () => ({
  useRuns: () => ({
    models: [
      { folder: 'nano', name: 'Nano', can: ['embedImage', 'embedText', 'segment'] },
      { folder: 'owl', name: 'Owl', can: ['embedImage', 'embedText', 'detect'] },
      { folder: 'clipseg', name: 'Segmenter', can: ['embedImage', 'embedText', 'segment'] },
    ],
    refreshModels: () => Promise.resolve(),
  }),
}))
const kept = new Map<string, string>()
vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) })

const label = (id: number, name: string) => ({ id, name, colour: '#112233', synonyms: [], prompts: [] }) as unknown as Label
const box = (x: number, score: number, name = 'dog', labelId: number | null = 1): Answer => ({
  label: name,
  labelId,
  score,
  box: [x, 10, 20, 20],
})
const regionAt = (x: number): Region =>
  ({ id: 5, mediaId: 1, labelId: null, shape: { kind: 'box', x, y: 10, w: 20, h: 20 }, attributes: {}, state: 'accepted', z: 1 }) as never
/** Of the questions to the model. */
const questions = () => server.asked.filter(([method]) => /detect|segment/.test(method)).map(([, input]) => input)
const settled = () => vi.waitFor(() => expect(usePrompt().asking).toBe(false))
const scores = () => useGhosts().shown.map((r) => r.found.score)
async function find(text: string): Promise<void> {
  usePrompt().open()
  usePrompt().addWords(text)
  await usePrompt().enter()
  await nextTick()
}

beforeEach(async () => {
  kept.clear()
  Object.assign(server, { asked: [], made: [], held: null, regions: [], refuses: null })
  server.found = [box(0, 0.9), box(50, 0.6), box(100, 0.3), box(150, 0.05)]
  const labels = [label(1, 'dog'), label(2, 'cat')]
  project.it = reactive({
    key: 'p',
    opened: { info: { folder: '/p' } },
    labels,
    get labelById() {
      return new Map((this.labels as Label[]).map((l) => [l.id, l]))
    },
    refresh() {
      this.labels = [...this.labels]
      return Promise.resolve()
    },
  })
  setActivePinia(createPinia())
  await useOpenImage().open(1)
})

describe('asking', () => {
  it('names the words, and asks for all that may be shown later', async () => {
    await find('DOG, red apple')
    expect(questions()).toEqual([
      { mediaId: 1, model: 'owl', words: ['dog', 'red apple'], settings: { threshold: 0.01, overlap: 1, most: 500 } },
    ])
    expect(scores()).toEqual([0.9, 0.6, 0.3]) // above the threshold of 0.1
    expect(useOpenImage().editor.regions.ghosts.size).toBe(3)
  })
  it('is for the project’s labels if no word is given', async () => {
    await find('')
    expect(questions()[0]).not.toHaveProperty('words')
  })
  it('takes a model that makes what is wanted, rather than one that can do it besides', async () => {
    usePrompt().chosenTask = 'segment'
    await find('dog')
    expect(questions()).toEqual([{ mediaId: 1, model: 'clipseg', words: ['dog'], settings: {} }])
  })
  it('goes on by itself on the next image, of which it was told ahead, and not before it was used', async () => {
    usePrompt().open()
    await useOpenImage().open(2)
    await nextTick()
    expect(questions()).toEqual([])
    await find('dog')
    expect(server.asked.at(-1)).toEqual(['preview.ahead', { mediaIds: [3, 1], model: 'owl', task: 'detect' }])
    await useOpenImage().open(3)
    await nextTick()
    await settled()
    expect(questions().map((q) => q['mediaId'])).toEqual([2, 3])
    usePrompt().live = false
    await useOpenImage().open(1)
    await nextTick()
    expect([questions().length, scores()]).toEqual([2, []])
    await useOpenImage().open(3) // known
    await nextTick()
    expect([questions().length, scores().length]).toEqual([2, 3])
  })
  it('builds no backlog: of images passed quickly, the last is asked for', async () => {
    server.held = []
    const first = find('dog')
    for (const id of [2, 3]) {
      await useOpenImage().open(id)
      await nextTick()
    }
    while (usePrompt().asking) {
      server.held.splice(0).forEach((go) => go())
      await new Promise((soon) => setTimeout(soon))
    }
    await first
    expect(questions().map((q) => q['mediaId'])).toEqual([1, 3])
  })
  it('shows nothing and encodes nothing ahead if the bar was closed meanwhile', async () => {
    server.held = []
    const asked = find('dog')
    await vi.waitFor(() => expect(server.held).toHaveLength(1))
    usePrompt().close()
    server.held.splice(0).forEach((go) => go())
    await asked
    expect([scores(), useOpenImage().editor.regions.ghosts.size]).toEqual([[], 0])
    expect(server.asked.at(-1)).toEqual(['preview.ahead', { mediaIds: [], model: 'owl', task: 'detect' }])
  })
  it('says in one line why there is no answer, and shows nothing', async () => {
    server.refuses = 'the model reads 16 tokens'
    await find('dog')
    expect([usePrompt().failure, scores()]).toEqual(['the model reads 16 tokens', []])
    server.refuses = null
    await usePrompt().enter()
    expect([usePrompt().failure, scores().length]).toEqual([null, 3])
  })
  it('for what is like a region keeps its box, its label and a threshold of its own', async () => {
    server.found = [box(0, 1, 'example', null), box(50, 0.5, 'example', null)]
    useOpenImage().editor.setLabels(project.it.labels)
    usePrompt().findLike({ ...regionAt(40), labelId: 2 })
    await settled()
    await nextTick()
    expect(questions()[0]).toMatchObject({ example: { mediaId: 1, region: [40, 10, 20, 20] } })
    expect([useGhosts().sieve.threshold, scores()]).toEqual([0.6, [1]])
    expect(useGhosts().shown[0]!.region.labelId).toBe(2)
    usePrompt().addWords('dog')
    await nextTick()
    expect([usePrompt().example, useGhosts().sieve.threshold]).toEqual([null, 0.1])
  })
  it('is remembered across a reload, except for what cannot be', async () => {
    await find('dog, wheel')
    useGhosts().sieve.threshold = 0.25
    await nextTick()
    setActivePinia(createPinia())
    expect([usePrompt().words, useGhosts().sieve.threshold, usePrompt().active]).toEqual([['dog', 'wheel'], 0.25, false])
    kept.set('dashi:prompt:/p', '{"words":7,"thresholds":["a"],"most":-2}')
    setActivePinia(createPinia())
    expect([usePrompt().words, useGhosts().sieve.threshold, useGhosts().sieve.most]).toEqual([[], 0.1, 0])
  })
})

describe('ghosts', () => {
  it('follow the threshold, the number of a label and suppression without another question', async () => {
    await find('dog')
    const { sieve } = useGhosts()
    sieve.threshold = 0.5
    expect([scores(), useOpenImage().editor.regions.ghosts.size]).toEqual([[0.9, 0.6], 2])
    sieve.threshold = 0
    expect(scores()).toEqual([0.9, 0.6, 0.3, 0.05])
    sieve.most = 1
    expect(scores()).toEqual([0.9])
    expect(questions().length).toBe(1)
  })
  it('are of the model, with score and words, when they are accepted; all in one edit', async () => {
    await find('dog')
    useGhosts().step(1)
    await useGhosts().acceptSelected()
    const [change] = server.made as [Change]
    expect(change).toMatchObject({ method: 'regions.apply', input: { mediaId: 1, action: 'accept proposal' } })
    expect((change.input as { changes: unknown }).changes).toMatchObject([
      {
        before: null,
        after: {
          labelId: 1,
          state: 'accepted',
          shape: { kind: 'box', x: 0, y: 10, w: 20, h: 20 },
          author: { kind: 'checkpoint', checkpoint: 'owl', score: 0.9, prompt: 'dog' },
        },
      },
    ])
    expect(scores()).toEqual([0.6, 0.3])
    expect(useGhosts().selected.map((g) => g.score)).toEqual([0.6]) // the next
    await useGhosts().acceptAll()
    expect(server.made).toHaveLength(2)
    expect(scores()).toEqual([])
  })
  it('come back when their acceptance is undone, and go when it is redone', async () => {
    await find('dog')
    await useGhosts().acceptAll()
    const { editor } = useOpenImage()
    const made = editor.regions.all().filter((r) => r.state === 'accepted')
    editor.rename(made[0]!.id, 77) // it was saved meanwhile
    editor.receive([{ before: editor.regions.get(77)!, after: null }])
    await nextTick()
    expect(scores()).toEqual([0.9])
    editor.receive([{ before: null, after: { ...made[0]!, id: 77 } }])
    await nextTick()
    expect(scores()).toEqual([])
  })
  it('that lie on a region are hollow and skipped, unless that is not wanted', async () => {
    server.regions = [regionAt(52)]
    await useOpenImage().open(2)
    await find('dog')
    expect(useGhosts().shown.map((r) => r.covered)).toEqual([false, true, false])
    expect(useGhosts().acceptable.map((r) => r.found.score)).toEqual([0.9, 0.3])
    useGhosts().sieve.skipCovered = false
    expect(useGhosts().acceptable).toHaveLength(3)
  })
  it('are rejected for this image, whatever the threshold, until the question is asked again', async () => {
    await find('dog')
    useGhosts().step(1)
    useGhosts().rejectSelected()
    useGhosts().sieve.threshold = 0.2
    expect([scores(), server.made]).toEqual([[0.6, 0.3], []])
    await usePrompt().enter()
    expect(scores()).toEqual([0.9, 0.6, 0.3])
  })
  it('are accepted as they were moved and relabelled', async () => {
    await find('dog')
    useGhosts().step(-1) // the last
    const { editor } = useOpenImage()
    editor.setLabel(2)
    editor.execute('nudge-right')
    expect(server.made).toEqual([])
    await useGhosts().acceptSelected()
    expect((server.made[0] as { input: { changes: unknown } }).input.changes).toMatchObject([
      { after: { labelId: 2, shape: { x: 101 }, author: { score: 0.3, prompt: 'dog' } } },
    ])
  })
  it('of a new word make a label of it first, once', async () => {
    server.found = [box(0, 0.9, 'wheel', null), box(50, 0.6, 'wheel', null)]
    await find('wheel')
    expect(useGhosts().shown.map((r) => r.ghost!.name)).toEqual(['wheel', 'wheel'])
    await useGhosts().acceptAll()
    expect(server.asked.filter(([method]) => method === 'labels.add')).toEqual([['labels.add', { name: 'wheel' }]])
    expect((server.made[0] as { input: { changes: { after: Region }[] } }).input.changes.map((c) => c.after.labelId)).toEqual([9, 9])
  })
  it('go when the bar is closed; what was accepted stays', async () => {
    await find('dog')
    useGhosts().step(1)
    await useGhosts().acceptSelected()
    usePrompt().close()
    const { editor } = useOpenImage()
    expect([editor.regions.ghosts.size, editor.regions.size, editor.selection]).toEqual([0, 1, []])
    expect(server.asked.at(-1)).toEqual(['preview.ahead', { mediaIds: [], model: 'owl', task: 'detect' }])
  })
})
