/**
 * The engine's process killed at random moments of a training, a merge or a preview, as a window sees it: it goes on, what was
 * at work says what happened, and done again it has the bits that it would have had.
 */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '#shared/contract/rpc.ts'
import { App } from '../../src-main/app/serve/app.ts'
import { EngineClient } from '../../src-main/engine/client.ts'
import { type Child, startChild } from '../../src-main/files/child.ts'
import { shapesProject } from '../app/cli/terminal.ts'
import { filesOf, TINY_CLIP, temporaryFolder } from '../helpers/pictures.ts'
import { program } from '../helpers/programs.ts'
import { hostIn, openWindow } from '../helpers/window.ts'

/** mulberry32: the moments are the same in each run, as far as the machine allows. */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
const after = (ms: number) => new Promise<void>((go) => setTimeout(go, ms))

const settings = { epochs: 8, batchSize: 3, accumulate: 2, ema: 0.9, lr: 1e-3, augmentation: 'strong' }
const tune = { recipe: 'ft', settings, device: 'cpu' as const, seed: 3 }
const KILLED = /^the engine's process ended \(killed by SIGKILL, as the system does where memory runs out\)/

/** Defines the tests, each of which kills so many times. */
export function survivesKills(kills: { training: number; merging: number; preview: number }): void {
  const dir = temporaryFolder()
  const draw = random(8)
  const engines: Child[] = []
  let folder: string
  let app: App
  let call: Client['call']
  /** How runs ended, and who waits for that. */
  const ended = new Map<string, { status: string; error: string | null }>()
  const steps = new Set<(runId: string) => void>()
  const waiting: (() => void)[] = []

  const kill = () => engines.at(-1)?.kill()
  const at = (name: string) => path.join(folder, 'checkpoints', name.replaceAll(' ', '-'))
  /** Everything that a checkpoint is but when it was written. */
  function bits(name: string): Record<string, string> {
    const { 'dashi.json': record, ...files } = filesOf(at(name))
    const { created: _, ...rest } = JSON.parse(Buffer.from(record!, 'base64').toString()) as { created: string }
    return { ...files, 'dashi.json': JSON.stringify(rest) }
  }
  async function end(runId: string) {
    while (!ended.has(runId)) await new Promise<void>((heard) => waiting.push(heard))
    return ended.get(runId)!
  }
  async function milliseconds(body: () => Promise<unknown>): Promise<number> {
    const begun = performance.now()
    await body()
    return performance.now() - begun
  }
  const done = async ({ runId }: { runId: string }) => expect(await end(runId)).toEqual({ runId, status: 'done', error: null })
  /** The window's other work goes on, and nothing half-written lies about. */
  async function goesOn(): Promise<void> {
    expect((await call('labels.list')).length).toBe(3)
    expect((await call('jobs.list')).filter((j) => j.status === 'running')).toEqual([])
    expect(
      fs.readdirSync(path.join(folder, 'checkpoints'), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.part')),
    ).toEqual([])
  }

  beforeAll(async () => {
    folder = await shapesProject(dir)
    const file = await program('engine-process')
    const engine = new EngineClient(() => {
      engines.push(startChild(file, []))
      return engines.at(-1)!
    })
    app = new App({
      host: hostIn(dir),
      models: { engine, nano: TINY_CLIP, cache: path.join(dir, 'cache'), saveEverySeconds: 0 },
    })
    ;({ call } = openWindow(app, (event, data) => {
      if (event === 'run.finished') {
        const told = data as { runId: string; status: string; error: string | null }
        ended.set(told.runId, told)
        for (const heard of waiting.splice(0)) heard()
      } else if (event === 'run.progress') for (const step of steps) step((data as { runId: string }).runId)
    }))
    await call('projects.open', { folder })
  })
  afterAll(async () => {
    await app.close()
    expect(await Promise.all(engines.map((e) => e.ended))).toHaveLength(engines.length) // none is left
  })

  let whole = 0
  let seen: unknown
  test('undisturbed', async () => {
    await done(await call('training.start', { ...tune, name: 'warm', settings: { ...settings, epochs: 1 } }))
    whole = await milliseconds(async () => done(await call('training.start', { ...tune, name: 'whole' })))
    await done(await call('training.start', { ...tune, seed: 4, name: 'other' }))
    seen = await call('preview.classify', { mediaId: 1, model: TINY_CLIP, labels: ['a', 'b'] })
  })

  test(`a training killed at ${kills.training} moments has in the end the bits of one that was not`, async () => {
    let name = 'killed'
    let run = await call('training.start', { ...tune, name })
    const finished: string[] = []
    for (let n = 0; n < kills.training;) {
      // After some progress, or after a time: while it begins, in a step, while it saves, while the checkpoint is written and measured.
      const { runId } = run
      let left = draw() < 0.5 ? 1 + Math.floor(draw() * 4) : Infinity
      const wait = draw() * (left === Infinity ? whole : 30)
      let timer: NodeJS.Timeout | undefined
      const step = (of: string) => void (of === runId && --left === 0 && (timer = setTimeout(kill, wait)))
      steps.add(step)
      if (left === Infinity) timer = setTimeout(kill, wait)
      const { status, error } = await end(runId)
      steps.delete(step)
      clearTimeout(timer)
      if (status === 'done') {
        // The moment came too late.
        finished.push(name)
        run = await call('training.start', { ...tune, name: (name = `killed${n}-${finished.length}`) })
        continue
      }
      expect(error).toMatch(KILLED)
      expect(error).toMatch(
        / in the middle of a training; (the state after step \d+ was kept, and the same training resumes from there|nothing of this training was kept|the checkpoint was written, but not evaluated)$/,
      )
      await goesOn()
      n++
      run = await call('training.again', run)
      // Where nothing was kept it begins anew, under a name of its own.
      name = (await call('runs.list')).find((r) => r.id === run.runId)!.name
    }
    await done(run)
    for (const one of [...finished, name]) expect(bits(one), one).toEqual(bits('whole'))
    expect(fs.readdirSync(path.join(folder, 'checkpoints')).filter((f) => f.endsWith('.run'))).toEqual([])
  })

  test.each(['uniform', 'greedy'])(
    `a merge (%s) killed at ${Math.ceil(kills.merging / 2)} moments is made as it would have been`,
    async (method) => {
      const request = { method, settings: {}, checkpoints: ['checkpoints/whole', 'checkpoints/other', 'checkpoints/warm'] }
      const takes = await milliseconds(async () => done(await call('merging.start', { ...request, name: method })))
      const before = bits('whole')
      for (let n = 0; n < Math.ceil(kills.merging / 2);) {
        const { runId } = await call('merging.start', { ...request, name: `${method} ${n}` })
        const timer = setTimeout(kill, draw() * takes)
        const { status, error } = await end(runId)
        clearTimeout(timer)
        if (status === 'done') continue // the moment came too late
        expect(error).toMatch(KILLED)
        expect(error).toMatch(/ in the middle of a merge; nothing was changed$/)
        await goesOn()
        // No soup lies about that is in no list.
        const entered = (await call('runs.list')).flatMap((r) =>
          r.status === 'done' && r.folder !== null ? [path.basename(r.folder)] : [],
        )
        expect(fs.readdirSync(path.join(folder, 'checkpoints')).filter((f) => !f.startsWith('.') && !entered.includes(f))).toEqual([])
        n++
      }
      await done(await call('merging.start', { ...request, name: `${method} again` }))
      expect(bits(`${method}-again`)).toEqual(bits(method))
      expect(bits('whole')).toEqual(before)
    },
  )

  test(`a preview killed at ${kills.preview} moments is answered when it is asked again, and the window never waits`, async () => {
    const ask = () => call('preview.classify', { mediaId: 1, model: TINY_CLIP, labels: ['a', 'b'] })
    async function fresh(): Promise<void> {
      kill()
      await engines.at(-1)!.ended
    }
    await fresh()
    const takes = await milliseconds(ask)
    for (let n = 0; n < kills.preview;) {
      await fresh()
      const asked = [ask(), call('captions.tokens', { texts: ['a photo'] })].map((one) =>
        one.then(
          () => null,
          (e: Error) => e.message,
        ),
      )
      await after(draw() * takes)
      kill()
      const lines = (await Promise.all(asked)).filter((line) => line !== null)
      for (const line of lines) expect(line).toMatch(new RegExp(`${KILLED.source} before it had answered$`))
      await goesOn()
      expect(await ask()).toEqual(seen)
      if (lines.length) n++ // else the moment came too late, or so early that it was begun again by itself
    }
  })
}
