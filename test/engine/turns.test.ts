import { describe, expect, it } from 'vitest'
import { Turns } from '../../src-main/engine/turns.ts'

/** Work that ends when it is told to. */
function held() {
  let end = () => {}
  const ended = new Promise<void>((resolve) => (end = resolve))
  return { body: () => ended, end: () => end() }
}
const never = () => Promise.reject(new Error('must not run'))

describe('a queue', () => {
  it('runs one after the other, whatever the outcome of those before', async () => {
    const turns = new Turns()
    const told: string[] = []
    const work = (name: string, fails = false) =>
      turns.take(async () => {
        told.push(name)
        if (fails) throw new Error(name)
      })
    const [a, b, c] = [work('a'), work('b', true), work('c')]
    await expect(b.result).rejects.toThrow('b')
    await Promise.all([a.result, c.result])
    expect(told).toEqual(['a', 'b', 'c'])
  })

  it('releases at once whoever leaves while waiting, and keeps the order of the others', async () => {
    const turns = new Turns()
    const first = held()
    const told: string[] = []
    const a = turns.take(first.body)
    const b = turns.take(never)
    const c = turns.take(async () => void told.push('c'))
    await a.begun
    expect([a.waits, b.waits, c.waits]).toEqual([false, true, true])
    expect(b.leave()).toBe(true)
    await expect(b.result).rejects.toMatchObject({ fault: 'cancelled' }) // the first is at work yet
    expect([b.leave(), told]).toEqual([false, []])
    first.end()
    await Promise.all([a.result, c.result])
    expect(told).toEqual(['c'])
  })

  it('refuses to let go whose turn has come', async () => {
    const turns = new Turns()
    const work = held()
    const a = turns.take(work.body)
    await a.begun
    expect(a.leave()).toBe(false)
    work.end()
    await a.result
    expect(turns.take(async () => 1).waits).toBe(false) // nobody is before it
  })

  it('counts those who left no more', async () => {
    const turns = new Turns()
    const work = held()
    const a = turns.take(work.body)
    const b = turns.take(never)
    b.leave()
    work.end()
    await a.result
    await b.result.catch(() => undefined)
    expect(turns.take(async () => 1).waits).toBe(false)
  })
})
