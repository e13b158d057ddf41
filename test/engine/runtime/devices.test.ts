import { beforeEach, describe, expect, test, vi } from 'vitest'
import { sentence } from '#shared/sentences/table.ts'
import type { Session as RealSession, SessionOptions, Tensor } from '../../../src-main/engine/runtime/session.ts'

/**
 * A provider that is there and computes, but wrongly, cannot be had on every machine, so one is put in: sessions on "webgpu" run on
 * the CPU, and what they answer goes through `spoil`.
 */
const fake = vi.hoisted(() => ({
  spoil: (_name: string, data: Float32Array): ArrayLike<number> => data,
  delay: 0,
  cpuDelay: 0,
  fails: '',
  created: 0,
}))
vi.mock(import('../../../src-main/engine/runtime/session.ts'), async (original) => {
  const real = await original()
  const Session = {
    async create(graph: never, options: SessionOptions = {}) {
      if (options.provider !== 'webgpu') {
        const session = await real.Session.create(graph, options)
        const run = session.run.bind(session)
        session.run = async (...given: Parameters<typeof run>) => {
          if (fake.cpuDelay) await new Promise((resume) => setTimeout(resume, fake.cpuDelay))
          return run(...given)
        }
        return session
      }
      fake.created++
      if (fake.fails) throw new Error(fake.fails)
      const session = await real.Session.create(graph, { ...options, provider: 'cpu' })
      const run = session.run.bind(session)
      session.run = async (feeds: Readonly<Record<string, Tensor>>) => {
        await new Promise((resume) => setTimeout(resume, fake.delay))
        const out = await run(feeds)
        return Object.fromEntries(
          Object.entries(out).map(([name, t]) => [
            name,
            real.tensor(Float32Array.from(fake.spoil(name, t.data as Float32Array)), 'float32', t.dims),
          ]),
        )
      }
      return session
    },
  }
  return { ...real, Session: Session as unknown as typeof RealSession, bundledProviders: () => ['webgpu', 'cpu'] }
})

/** Devices are decided once a process, so each test has them anew. */
const devices = async () => {
  vi.resetModules()
  return import('../../../src-main/engine/runtime/devices.ts')
}
beforeEach(() => Object.assign(fake, { spoil: (_: string, data: Float32Array) => data, delay: 0, cpuDelay: 0, fails: '', created: 0 }))

describe('a provider that computes as the CPU does', () => {
  test('is used when it is named', async () => {
    expect(await (await devices()).chooseProvider('webgpu')).toEqual({ provider: 'webgpu', notes: [] })
  })

  test('but is slower, is left by `auto`, with a note', async () => {
    fake.delay = 1000 // longer than the CPU takes on a machine that is busy with other things
    expect(await (await devices()).chooseProvider('auto')).toEqual({ provider: 'cpu', notes: ['webgpu is slower than the CPU here'] })
  })
})

describe('a provider is refused, in one line,', () => {
  const wrong: [string, (name: string, data: Float32Array) => ArrayLike<number>][] = [
    ['whose weights are updated wrongly by 1 %', (name, data) => (name === "w:b.weight'" ? data.map((x) => x * 1.01) : data)],
    [
      'whose bias is never updated',
      (name, data) => (name === "w:a.bias'" ? data.map((_, i) => Math.sin((i + 1) * 'a.bias'.length * 0.37)) : data),
    ],
    ['that answers NaN', (name, data) => (name === 'loss' ? data.map(() => NaN) : data)],
    ['that answers 0', (_, data) => data.map(() => 0)],
  ]
  test.each(wrong)('%s', async (_, spoil) => {
    fake.spoil = spoil
    const { chooseProvider } = await devices()
    const refused = await chooseProvider('webgpu').then(
      () => undefined,
      (e: unknown) => e as Error,
    )
    expect(refused).toMatchObject({ name: 'DashiError', fault: 'user' })
    expect(refused!.message).toMatch(
      /^device webgpu: webgpu computes other results than the CPU \(loss \S+ instead of \S+ after 4 steps\)$/,
    )
    expect(await chooseProvider('auto')).toEqual({
      provider: 'cpu',
      notes: [expect.stringContaining('webgpu computes other results than the CPU')],
    })
  })

  test('that cannot be started', async () => {
    fake.fails =
      '/src/webgpu_context.cc:136 Initialize(const Config&)::<lambda()> status == Success was false. Failed to get a WebGPU adapter: No supported adapters\n'
    await expect((await devices()).chooseProvider('webgpu')).rejects.toThrow(
      /^device webgpu: webgpu is not available here: Failed to get a WebGPU adapter: No supported adapters$/,
    )
  })

  test('that this machine has not', async () => {
    await expect((await devices()).chooseProvider('coreml')).rejects.toThrow('device coreml: not available here; available: webgpu, cpu')
  })

  test('that there is not', async () => {
    await expect((await devices()).chooseProvider('tpu')).rejects.toThrow('unknown device "tpu": expected auto, cuda, dml')
  })

  test('that needs something to be fetched, with what to do', async () => {
    await expect((await devices()).chooseProvider('cuda')).rejects.toThrow('(`npm run cuda` fetches its libraries)')
  })
})

describe('a provider is tried', () => {
  test('once in a process, whoever asks', async () => {
    const { checkProvider, chooseProvider } = await devices()
    const [first, second] = await Promise.all([checkProvider('webgpu'), checkProvider('webgpu')])
    expect(first).toBe(second)
    expect(first).toMatchObject({ provider: 'webgpu', ok: true })
    expect(first.seconds).toBeGreaterThan(0)
    const before = fake.created
    const [named, again] = [await chooseProvider('webgpu'), await chooseProvider('webgpu')]
    expect([named, fake.created]).toEqual([again, before])
    expect(named).toBe(again)
  })
  test('anew where that is asked for, and then chosen by what was found last', async () => {
    const { chooseProvider, recheckProvider } = await devices()
    expect(await chooseProvider('webgpu')).toMatchObject({ provider: 'webgpu' })
    fake.fails = 'no adapter'
    expect(await recheckProvider('webgpu')).toMatchObject({ ok: false })
    await expect(chooseProvider('webgpu')).rejects.toThrow('no adapter')
  })
  test('with a tolerance of a thousandth of the loss', async () => {
    for (const [factor, ok] of [
      [1.0008, true],
      [0.9992, true],
      [1.002, false],
      [0.998, false],
    ] as const) {
      fake.spoil = (name, data) => (name === 'loss' ? data.map((x) => x * factor) : data)
      const check = await (await devices()).checkProvider('webgpu')
      expect(check.ok).toBe(ok)
      expect(check.error).toBeCloseTo(Math.abs(factor - 1), 5)
    }
  })
  test('that fails is never the fastest, and says why', async () => {
    fake.fails = 'no adapter'
    expect(await (await devices()).checkProvider('webgpu')).toEqual({
      provider: 'webgpu',
      ok: false,
      seconds: Infinity,
      error: null,
      problem: sentence('device.does-not-start', { device: 'webgpu', reason: 'no adapter' }),
    })
    fake.fails = ''
    fake.spoil = (_, data) => data.map(() => 0)
    expect(await (await devices()).checkProvider('webgpu')).toMatchObject({ ok: false, seconds: Infinity })
  })
  test('and taken by `auto` where it is faster than the CPU', async () => {
    fake.cpuDelay = 500 // longer than the fake one takes on a busy machine
    expect(await (await devices()).chooseProvider('auto')).toEqual({ provider: 'webgpu', notes: [] })
  })
  test('by no one where the CPU is named', async () => {
    expect(await (await devices()).chooseProvider('cpu')).toEqual({ provider: 'cpu', notes: [] })
    expect(fake.created).toBe(0)
  })
})
