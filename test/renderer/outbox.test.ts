import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '#shared/contract/rpc.ts'
import { Outbox } from '../../src-renderer/rpc/outbox.ts'

/** An application that writes down what reaches it, and can be cut off before or after it did. */
function line() {
  const written: string[] = []
  let cut: 'before' | 'after' | null = null
  const outbox = new Outbox()
  const refused: string[] = []
  const add = (what: string, fails = false) =>
    outbox.add({
      async send() {
        if (cut === 'before') throw new ConnectionLost()
        if (fails) throw new Error(`${what} refused`)
        written.push(what)
        if (cut === 'after') {
          cut = 'before'
          throw new ConnectionLost()
        }
      },
      async arrived() {
        if (cut) throw new ConnectionLost()
        return written.includes(what)
      },
      refused: (e) => refused.push(e.message),
    })
  return { outbox, written, refused, add, cutOff: (when: 'before' | 'after' | null) => (cut = when) }
}
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))

describe('the outbox', () => {
  it('sends changes one by one, in order', async () => {
    const { outbox, add, written } = line()
    for (const what of ['a', 'b', 'c']) add(what)
    expect(outbox.state.waiting).toBe(3)
    await outbox.empty()
    expect(written).toEqual(['a', 'b', 'c'])
    expect(outbox.state.waiting).toBe(0)
  })

  it('keeps what is made while the connection is lost, and sends it when it is back', async () => {
    const { outbox, add, written, cutOff } = line()
    cutOff('before')
    add('a')
    add('b')
    await soon()
    expect([written, outbox.state.waiting]).toEqual([[], 2])
    outbox.reconnected() // too soon: it is lost again
    await soon()
    expect(written).toEqual([])
    cutOff(null)
    outbox.reconnected()
    await outbox.empty()
    expect(written).toEqual(['a', 'b'])
  })

  it('makes no change twice whose answer was lost', async () => {
    const { outbox, add, written, cutOff } = line()
    cutOff('after')
    add('a')
    add('b')
    await soon()
    expect(written).toEqual(['a'])
    cutOff(null)
    outbox.reconnected()
    await outbox.empty()
    expect(written).toEqual(['a', 'b'])
  })

  it('goes on after a change that is refused', async () => {
    const { outbox, add, written, refused } = line()
    add('a', true)
    add('b')
    await outbox.empty()
    expect([written, refused]).toEqual([['b'], ['a refused']])
  })
})
