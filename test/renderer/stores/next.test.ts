/** What the dialog "Label what it gets wrong" offers when it opens: by how many images have no label now, not when they were last counted. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { reactive } from 'vue'
import { useNext } from '../../../src-renderer/stores/next.ts'

const project = vi.hoisted(() => ({
  it: null as unknown as { key: string; facets: { unlabelled: number }; refresh: () => Promise<void> },
  unlabelled: 0,
}))
const other = vi.hoisted(() => () => ({ open: () => undefined, dialog: null }))
vi.mock('../../../src-renderer/rpc/index.ts', () => ({ call: async () => null, remote: { on: () => undefined } }))
vi.mock('../../../src-renderer/records.ts', () => ({ loadStrategies: async () => [] }))
vi.mock('../../../src-renderer/stores/project.ts', () => ({ useProject: () => project.it }))
vi.mock('../../../src-renderer/stores/jobs.ts', () => ({ useJobs: () => ({ running: [] }) }))
vi.mock('../../../src-renderer/stores/gallery.ts', () => ({ useGallery: other }))
vi.mock('../../../src-renderer/stores/open-image.ts', () => ({ useOpenImage: other }))
vi.mock('../../../src-renderer/stores/classify.ts', () => ({ useClassify: other }))
vi.mock('../../../src-renderer/stores/runs.ts', () => ({ useRuns: other }))
vi.mock('../../../src-renderer/stores/shell.ts', () => ({ useShell: other }))
vi.mock('../../../src-renderer/stores/toasts.ts', () => ({ useToasts: other }))

beforeEach(() => {
  setActivePinia(createPinia())
  project.it = reactive({
    key: 'p',
    facets: { unlabelled: 4 },
    refresh: async () => void (project.it.facets = { unlabelled: project.unlabelled }),
  })
})

describe('what is offered', () => {
  it('is what the labels contradict, once the last image has a label', async () => {
    project.unlabelled = 0
    const next = useNext()
    const asked = next.ask('probe')
    expect(next.looking).toBe(true) // the queue cannot be made yet
    await asked
    expect(next.looking).toBe(false)
    expect(next.chosen).toMatchObject({ strategy: 'disagreement', filter: 'all' })
  })

  it('is images without a label, as long as there are some', async () => {
    project.unlabelled = 1
    const next = useNext()
    await next.ask('probe')
    expect(next.chosen).toMatchObject({ strategy: 'mix', filter: 'unlabelled' })
  })

  it('is where two checkpoints disagree, if there are two', async () => {
    project.unlabelled = 0
    const next = useNext()
    await next.ask('probe', 'tuned')
    expect(next.chosen).toMatchObject({ strategy: 'checkpoints', filter: 'unlabelled' })
  })
})
