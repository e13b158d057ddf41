/** What a sweep plans on a project, which bad ones it refuses, and how few shots are drawn. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Item } from '#shared/model/job.ts'
import { sweepOf, type SweepAsked } from '#shared/model/sweep.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { getRun, listRuns, openProject, type Project, updateRun } from '../../../src-main/app/projects/index.ts'
import { addJob, dismissJob } from '../../../src-main/db/queue.ts'
import { fewShots } from '../../../src-main/app/training/shots.ts'
import { enterAgain, unfinishedLike } from '../../../src-main/app/training/sweeps/carry-out.ts'
import { settled, sweepMembers, waitsInSweep } from '../../../src-main/app/training/sweeps/members.ts'
import { planTraining, requestOf } from '../../../src-main/app/training/train.ts'
import { fromPreset, planSweep } from '../../../src-main/app/training/sweeps/plan.ts'
import { sweepPresets } from '../../../src-main/app/training/sweeps/presets.ts'
import { recipeRecord } from '../../../src-main/engine/recipes/index.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { shapesProject } from '../cli/terminal.ts'

const app = { nano: TINY_CLIP, cache: '' } as AppContext
let project: Project
beforeAll(async () => {
  project = openProject(await shapesProject(temporaryFolder()))
  return () => project.close()
})
const plan = (spec: SweepAsked, name?: string) => planSweep(app, project, { spec, name })
const lr = (...values: number[]) => ({ kind: 'grid' as const, field: 'lr', values })

const done = (id: string, val: number) => updateRun(project, id, { status: 'done', metrics: { val } })

describe('few shots', () => {
  const items = fc.uniqueArray(
    fc.record({ file: fc.string({ minLength: 1 }), label: fc.nat(3), hash: fc.option(fc.string({ minLength: 4 })) }),
    { selector: (i) => i.hash ?? i.file },
  )
  test('are up to so many of each class, whatever the order; fewer are part of more', () => {
    fc.assert(
      fc.property(items, fc.nat(), fc.integer({ min: 1, max: 4 }), (all: Item[], seed, shots) => {
        const drawn = fewShots(all, shots, seed)
        for (const label of [0, 1, 2, 3]) {
          const n = all.filter((i) => i.label === label).length
          expect(drawn.filter((i) => i.label === label)).toHaveLength(Math.min(n, shots))
        }
        expect(new Set(fewShots([...all].reverse(), shots, seed))).toEqual(new Set(drawn))
        for (const one of fewShots(all, shots, seed)) expect(fewShots(all, shots + 1, seed)).toContain(one)
      }),
    )
  })

  test('are others for another seed', () => {
    const all = Array.from({ length: 60 }, (_, i): Item => ({ file: `${i}.png`, label: i % 2 }))
    expect(fewShots(all, 3, 1)).not.toEqual(fewShots(all, 3, 0))
  })

  test('of regions are images until each class is in so many', () => {
    const at = (...classes: number[]) => classes.map((c) => ({ class: c, box: { x: 0, y: 0, w: 1, h: 1 } }))
    const all = [at(0, 1), at(0, 1), at(2), at(0)].map((boxes, i): Item => ({ file: `${i}.png`, label: 0, boxes }))
    const drawn = fewShots(all, 1, 0)
    for (const c of [0, 1, 2]) expect(drawn.some((i) => i.boxes!.some((b) => b.class === c))).toBe(true)
    expect(drawn.length).toBeLessThan(4)
  })
})

describe('a plan', () => {
  test('names its runs by what is varied, and checks them as their recipe would', () => {
    const { name, runs } = plan({ recipe: 'ft', axes: [lr(1e-4, 1e-5)], seeds: [0, 1], settings: { epochs: 2 } })
    expect(name).toBe('ft sweep')
    expect(runs.map((r) => r.request.name)).toEqual([
      'ft sweep lr=1e-4 seed=0',
      'ft sweep lr=1e-5 seed=0',
      'ft sweep lr=1e-4 seed=1',
      'ft sweep lr=1e-5 seed=1',
    ])
    expect(runs[1]!.request).toMatchObject({ recipe: 'ft', settings: { lr: 1e-5, epochs: 2 }, seed: 0 })
  })

  test('takes shots for the data, not for a setting', () => {
    const { runs } = plan({ recipe: 'lp', axes: [{ kind: 'grid', field: 'shots', values: [1, 2] }] })
    expect(runs.map((r) => [r.request.shots, r.request.settings])).toEqual([
      [1, {}],
      [2, {}],
    ])
  })

  test.each<[string, SweepAsked]>([
    ['axis lrr: recipe ft has no such setting (it has ', { recipe: 'ft', axes: [{ ...lr(1, 2), field: 'lrr' }] }],
    ['recipe ft: lr: ', { recipe: 'ft', axes: [lr(1e-4, -1)] }],
    ['recipe ft: epochs: ', { recipe: 'ft', axes: [{ kind: 'grid', field: 'epochs', values: [1, 1.5] }] }],
    ['recipe ft: augmentation: ', { recipe: 'ft', axes: [{ kind: 'choice', field: 'augmentation', values: ['light', 'heavy'] }] }],
    ['shots: ', { recipe: 'ft', axes: [{ kind: 'grid', field: 'shots', values: [1, 0] }] }],
    ['axes.0.values: ', { recipe: 'ft', axes: [lr()] }],
    ['nothing is varied: ', { recipe: 'ft', axes: [lr(1e-4)] }],
    ['successive halving varies the epochs: ', { recipe: 'lp', axes: [{ kind: 'grid', field: 'cCount', values: [1, 2, 3] }], halving: {} }],
    ['unknown recipe "fft": there are ', { recipe: 'fft', axes: [lr(1, 2)] }],
  ])('that is bad is answered by one line: %s', (said, spec) => {
    expect(() => plan(spec)).toThrow(said)
    expect(listRuns(project)).toEqual([])
  })

  test('draws whole numbers where the setting is one', () => {
    const { runs } = plan({ recipe: 'ft', axes: [{ kind: 'log-uniform', field: 'batchSize', from: 2, to: 64 }], draws: 5 })
    for (const { request } of runs) expect(Number.isInteger(request.settings!['batchSize'])).toBe(true)
  })
})

describe('the preset', () => {
  test.each(sweepPresets.map((p) => [p.id, p] as const))('%s has words in English and Japanese, a source, and runs', (id, preset) => {
    for (const words of [preset.title, preset.about]) expect(words['ja'], id).toMatch(/\p{Script=Han}|\p{Script=Katakana}/u)
    expect(preset.citation).toMatch(/ \d{4}, /)
    expect(plan(fromPreset(id, {})).runs.length).toBeGreaterThan(2)
    for (const field of preset.needs) expect(recipeRecord(preset.recipe).settings.shape).toHaveProperty(field)
  })
  test('takes what is asked for instead of its own', () => {
    const { spec } = plan(fromPreset('soup', { recipe: 'ft', settings: { augmentation: 'none' }, axes: [lr(1e-4, 1e-5)], seeds: [4] }))
    expect(spec).toMatchObject({ recipe: 'ft', preset: 'soup', axes: [lr(1e-4, 1e-5)], seeds: [4] })
  })
  test('that searches draws other configurations within the budget, and halves them', () => {
    const { spec, runs } = plan(fromPreset('adapter-search', { settings: { epochs: 27, budget: 4 } }))
    expect(spec).toMatchObject({ draws: 27, halving: { eta: 3 }, recipe: 'lora', seeds: [0] })
    const rungs = [0, 1, 2, 3].map((rung) => runs.filter(({ planned }) => planned.rung === rung))
    expect(rungs.map((own) => [own.length, own[0]!.planned.epochs])).toEqual([
      [27, 1],
      [9, 3],
      [3, 9],
      [1, 27],
    ])
    const points = rungs[0]!.map(({ planned }) => planned.point!)
    expect(new Set(points.map(({ budget }) => budget))).toEqual(new Set([1, 2, 4]))
    expect(new Set(points.map(({ targets, place }) => `${targets} ${place}`)).size).toBeGreaterThan(10)
    const fewer = plan(fromPreset('adapter-search', { draws: 3, settings: { epochs: 2, budget: 4 } }))
    expect(fewer.runs.filter(({ planned }) => planned.rung === 0).map(({ planned }) => planned.point)).toEqual(points.slice(0, 3))
  })
  test('is refused where its recipe lacks what it varies', () => {
    expect(() => fromPreset('lr', { recipe: 'lp' })).toThrow('preset lr: recipe lp has no setting lr')
    expect(() => fromPreset('grid', {})).toThrow('unknown preset "grid": there are soup, few-shot, lr')
  })
})

describe('successive halving', () => {
  const halved = { recipe: 'ft', settings: { epochs: 4 }, axes: [lr(1, 2, 3, 4)], seeds: [0, 1], halving: { eta: 2 } }
  const start = () => {
    const { enter } = sweepMembers(app, plan(halved))
    return enter.map((add) => add(project))
  }
  const asked = (id: string) => getRun(project, id).settings

  test('gives a later rung’s runs the best points of the rung before, by the mean over seeds', () => {
    const runs = start()
    const [place0, place1, again0] = runs.slice(8)
    expect(waitsInSweep(project, place0!)).toBe(true)
    runs.slice(0, 8).forEach((r, i) => done(r.id, [0.1, 0.9, 0.8, 0.3, 0.1, 0.2, 0.5, 0.3][i]!)) // lr 2: 0.55, lr 3: 0.65
    expect(waitsInSweep(project, place0!)).toBe(false)
    expect(settled(project, place0!).settings).toMatchObject({ lr: 3, epochs: 2, sweep: { place: 0, point: { lr: 3 } } })
    expect(settled(project, place1!).settings).toMatchObject({ lr: 2, epochs: 2 })
    expect(settled(project, again0!).settings).toMatchObject({ lr: 3, seed: 1 })
    expect(settled(project, getRun(project, place0!.id)).settings).toEqual(asked(place0!.id))
    expect(waitsInSweep(project, runs.at(-1)!)).toBe(true) // for its own rung before
  })

  test('waits for a run that was interrupted, until it is dismissed', () => {
    const runs = start()
    for (const { id } of runs.slice(1, 8)) done(id, 0.5)
    updateRun(project, runs[0]!.id, { status: 'failed', error: 'interrupted' })
    const interrupted = {
      ...{ id: 'j', kind: 'train', lane: 'training' as const, status: 'interrupted' as const, subject: '', request: {}, user: 'ann' },
      ...{ runId: runs[0]!.id, error: null, result: null, priority: 0, startAt: null, created: 1, started: null, finished: 2 },
    }
    addJob(project.db, interrupted, null)
    expect(waitsInSweep(project, runs[8]!)).toBe(true)
    dismissJob(project.db, 'j')
    expect(waitsInSweep(project, runs[8]!)).toBe(false)
  })

  test('goes on with those that are done where others failed, and says so where none is left', () => {
    const runs = start()
    for (const { id } of runs.slice(0, 8)) updateRun(project, id, { status: 'failed', error: 'out of luck' })
    expect(() => settled(project, runs[8]!)).toThrow('the rung before has too few finished runs for place 1')
    done(runs[2]!.id, 0.3)
    expect(sweepOf(settled(project, runs[8]!).settings)!.point).toEqual({ lr: 3 })
    expect(() => settled(project, runs[9]!)).toThrow('too few finished runs for place 2')
  })
})

test('a sweep is gone on with by who asks for the same once more, as long as a run of it has stopped', () => {
  const spec = { recipe: 'ft', axes: [lr(0.1, 0.2)] }
  const { id, enter } = sweepMembers(app, plan(spec, 'mine'))
  const [one, two] = enter.map((add) => add(project))
  const found = (asked: SweepAsked, name?: string, device?: string) =>
    unfinishedLike(app, project, planSweep(app, project, { spec: asked, device, model: TINY_CLIP }), name)?.id
  expect(found(spec)).toBeUndefined() // it is still to come
  done(one!.id, 0.5)
  updateRun(project, two!.id, { status: 'cancelled' })
  expect([found(spec), found(spec, 'mine'), found(spec, 'yours')]).toEqual([id, id, undefined])
  expect([found({ ...spec, axes: [lr(0.1, 0.3)] }), found(spec, undefined, 'webgpu')]).toEqual([undefined, undefined])
  done(enterAgain(app, project, two!).id, 0.6)
  expect(found(spec)).toBeUndefined()
})

test('uses the chosen data in each run, also where halving fills in its point', () => {
  const data = { val: ['heldOut'], test: ['ood'], holdOut: 'duplicates' as const }
  const asked = { spec: { recipe: 'ft', axes: [lr(1e-3, 1e-4)], settings: { epochs: 2 }, halving: { eta: 2 } }, data }
  const planned = planSweep(app, project, asked)
  expect(planned.runs.map((r) => r.request.data)).toEqual([data, data, data])
  const runs = sweepMembers(app, planned).enter.map((add) => add(project))
  for (const r of runs.slice(0, 2)) done(r.id, 0.5)
  const last = settled(project, runs[2]!)
  expect(last.settings).toMatchObject({ data, sweep: { point: { lr: 1e-3 } } })
  expect(Object.keys(planTraining(app, project, requestOf(last)).job.splits).sort()).toEqual(['ood', 'train', 'val'])
  expect(() => planSweep(app, project, { ...asked, data: { test: ['tset'] } })).toThrow('tset')

  updateRun(project, last.id, { status: 'cancelled' })
  expect(unfinishedLike(app, project, planSweep(app, project, asked))?.runs.at(-1)!.id).toBe(last.id)
  expect(unfinishedLike(app, project, planSweep(app, project, { ...asked, data: { val: ['heldOut'] } }))).toBeUndefined()
})

test('a project without validation images cannot be halved', () => {
  project.db.run(`UPDATE media SET split = 'train' WHERE split IN ('val', 'heldOut')`)
  const spec = { recipe: 'ft', settings: { epochs: 4 }, axes: [lr(1, 2)], halving: {} }
  expect(() => plan(spec)).toThrow(`${project.folder}: successive halving chooses by validation images`)
})
