/** The curves that a window draws: each step once, wherever the points come from. */
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, test, vi } from 'vitest'
import type { RunSeries } from '#shared/contract/runs.ts'
import type { RunProgress } from '#shared/contract/training.ts'
import { useRuns } from '../../../src-renderer/stores/runs.ts'

const { listeners, answers } = vi.hoisted(() => ({
  listeners: new Map<string, (data: unknown) => void>(),
  answers: new Map<string, unknown>(),
}))
vi.mock('../../../src-renderer/rpc/index.ts', () => ({
  call: async (method: string) => answers.get(method) ?? null,
  remote: { on: (event: string, listener: (data: unknown) => void) => listeners.set(event, listener), connection: {} },
}))
vi.mock('../../../src-renderer/stores/project.ts', () => ({ useProject: () => ({ key: 'p', opened: true }) }))
vi.mock('../../../src-renderer/stores/session.ts', () => ({ useSession: () => ({ settings: { modelFolders: [] } }) }))
vi.mock('../../../src-renderer/stores/toasts.ts', () => ({ useToasts: () => ({ done: () => undefined, error: () => undefined }) }))

const point = (step: number, phase: RunProgress['phase'] = 'training'): RunProgress => ({
  runId: 'r',
  phase,
  step,
  steps: 9,
  loss: 1 / step,
})
const told = (p: RunProgress) => listeners.get('run.progress')!(p)
const shown = () => {
  const curve = useRuns().curves.get('r')
  return curve && [...curve.step].map((step) => `${curve.phase} ${step}`)
}
/** As the application answers. */
const series = (...steps: number[]): RunSeries => {
  const none = steps.map(() => null)
  return { phase: 'training', step: steps, loss: steps.map((s) => 1 / s), lr: none, gradNorm: none, imagesPerSecond: none, epochs: [] }
}
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

beforeEach(() => {
  setActivePinia(createPinia())
  answers.clear()
  useRuns()
})

test('a window that opens during a run gets the earlier steps, and no step twice', async () => {
  answers.set('runs.series', series(1, 2, 3, 4))
  told(point(3))
  told(point(4))
  told(point(5))
  await soon()
  expect(shown()).toEqual(['training 1', 'training 2', 'training 3', 'training 4', 'training 5'])
  await useRuns().loadCurve('r')
  expect(shown()).toHaveLength(5)
})

test('a repeated step is added once', () => {
  for (const step of [1, 2, 2, 1, 3]) told(point(step))
  expect(shown()).toEqual(['training 1', 'training 2', 'training 3'])
})

test('a phase with losses of its own starts a new curve; one without keeps the old', () => {
  told(point(1, 'logistic-regression'))
  told(point(1))
  told({ ...point(1, 'evaluating'), loss: null })
  expect(shown()).toEqual(['training 1'])
})

test('a finished run still loads its curve once', async () => {
  answers.set('runs.list', [])
  answers.set('models.list', [])
  told(point(1))
  told(point(2))
  answers.set('runs.series', series(1, 2))
  listeners.get('run.finished')!({ runId: 'r', status: 'done' })
  await soon()
  expect(shown()).toEqual(['training 1', 'training 2'])
})
