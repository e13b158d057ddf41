/** The window's end of the connection: one at a time, whatever becomes of it while it is being made. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ConnectionLost, type Channel } from '#shared/contract/rpc.ts'
import { Remote } from '../../src-renderer/rpc/remote.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** An application that answers every call with `answer(method)`, and connections to it that can be cut. */
function application(answer: (method: string) => object | undefined) {
  const made: { open: boolean; cut(): Promise<void>; says(message: unknown): void }[] = []
  const open = async (): Promise<Channel> => {
    if (made.length > 200) return new Promise(() => undefined) // a test has failed long ago
    const [listeners, closers]: [((message: unknown) => void)[], (() => void)[]] = [[], []]
    const connection = {
      open: true,
      /** Those who hear of it do so one after the other, as with a socket: what waits for the first goes on before the second hears. */
      async cut() {
        if (!connection.open) return
        connection.open = false
        for (const closer of closers) {
          closer()
          await Promise.resolve()
        }
      },
      says: (message: unknown) => listeners.forEach((listener) => listener(message)),
    }
    made.push(connection)
    return {
      send: (message) => {
        const { call, method } = message as { call: number; method: string }
        const said = answer(method)
        if (said) queueMicrotask(() => connection.says({ answer: call, ...said }))
      },
      onMessage: (listener) => listeners.push(listener),
      onClose: (listener) => closers.push(listener),
      close: () => void connection.cut(),
    }
  }
  return { made, open, alive: () => made.filter((c) => c.open).length }
}
const fine = () => ({ output: null })
const minute = () => vi.advanceTimersByTimeAsync(60_000)

it('makes one connection at a time, also after some that closed before they were greeted', async () => {
  let healthy = false
  const app = application((method) => (healthy || method !== 'projects.close' ? fine() : undefined))
  const remote = new Remote(app.open)
  remote.greet(async () => {
    if (!healthy) queueMicrotask(() => void app.made.at(-1)!.cut())
    await remote.call('projects.first-done')
    if (!healthy) await remote.call('projects.close')
  })
  const started = remote.start()
  await minute()
  const tried = app.made.length
  expect(tried).toBeLessThan(40) // every two seconds, not more and more of them
  healthy = true
  await minute()
  await started
  expect(remote.connection.state).toBe('open')
  expect(app.made.length).toBe(tried + 1)
  expect(app.alive()).toBe(1)
})

it('reconnects by itself, however often it is cut', async () => {
  const app = application(fine)
  const remote = new Remote(app.open)
  await remote.start()
  for (let i = 1; i <= 3; i++) {
    void app.made.at(-1)!.cut()
    expect(remote.connection.state).toBe('lost')
    await minute()
    expect([remote.connection.state, app.made.length, app.alive()]).toEqual(['open', i + 1, 1])
  }
})

it('does not treat a connection as open if it closed after its last greeting was answered', async () => {
  const app = application(fine)
  const remote = new Remote(app.open)
  let greeted = 0
  remote.greet(async () => {
    if (++greeted === 1) void app.made[0]!.cut()
    await Promise.resolve()
  })
  const started = remote.start()
  await minute()
  await started
  expect([remote.connection.state, greeted, app.alive()]).toEqual(['open', 2, 1])
})

it('reports why the application refuses the window, and leaves no connection behind while retrying', async () => {
  let there = false
  const app = application(() => (there ? fine() : { error: { fault: 'user', message: 'the folder /x is gone' } }))
  const remote = new Remote(app.open)
  remote.greet(() => remote.call('projects.close').then(() => undefined))
  const started = remote.start()
  await minute()
  expect(remote.connection).toMatchObject({ state: 'lost', problem: 'the folder /x is gone' })
  expect(app.alive()).toBe(0)
  there = true
  await minute()
  await started
  expect(remote.connection).toMatchObject({ state: 'open', problem: null })
  expect(app.alive()).toBe(1)
})

it('repeats what a lost connection interrupted, and nothing else', async () => {
  let answers = false
  const app = application(() => (answers ? { error: { fault: 'user', message: 'no' } } : undefined))
  const remote = new Remote(app.open)
  const body = vi.fn(() => remote.call('projects.close'))
  const done = remote.insist(body).catch((e: Error) => e)
  await vi.advanceTimersByTimeAsync(0)
  expect(body).toHaveBeenCalledTimes(1)
  void app.made[0]!.cut()
  answers = true
  await minute()
  const said = await done
  expect([said, said instanceof ConnectionLost]).toEqual([expect.objectContaining({ message: 'no' }), false])
  expect(body).toHaveBeenCalledTimes(2)
})

it('repeats what continued silently while the connection was lost', async () => {
  const app = application(fine)
  const remote = new Remote(app.open)
  const body = vi.fn(async () => {
    if (body.mock.calls.length === 1) void app.made[0]!.cut()
    await remote.call('projects.close').catch(() => undefined)
  })
  const done = remote.insist(body)
  await minute()
  await done
  expect(body).toHaveBeenCalledTimes(2)
})

it('ignores a connection that was given up', async () => {
  const app = application(fine)
  const remote = new Remote(app.open)
  const heard = vi.fn()
  remote.on('project.changed', heard)
  await remote.start()
  const told = { event: 'project.changed', data: { what: ['labels'] } }
  app.made[0]!.says(told)
  expect(heard).toHaveBeenCalledTimes(1)
  void app.made[0]!.cut()
  await minute()
  app.made[0]!.says(told)
  expect(heard).toHaveBeenCalledTimes(1)
})
