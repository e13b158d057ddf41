import { describe, expect, it } from 'vitest'
import { ConnectionLost } from '#shared/contract/rpc.ts'
import { temporaryId, withIds, type Change } from '../../src-renderer/rpc/changes.ts'
import { Outbox, type OutboxStore } from '../../src-renderer/rpc/outbox.ts'

/** What a browser's database keeps, for as long as this object is there. */
function shelf() {
  let kept: Change[] = []
  const store: OutboxStore = {
    take: async (project) => kept.filter((c) => c.project === project),
    put: (changes) => void kept.push(...changes),
    done(op, rewritten) {
      const now = new Map(rewritten.map((c) => [c.op, c]))
      kept = kept.filter((c) => c.op !== op).map((c) => now.get(c.op) ?? c)
    },
  }
  return { store, kept: () => kept }
}

const tag = (op: string): Change => ({ op, project: '/p', method: 'tags.add', input: { mediaIds: [1], tag: op } })
const caption = (op: string, temporary: number): Change => ({
  op, project: '/p', temporary, method: 'captions.add', input: { mediaId: 1, regionId: null, text: op, language: 'en', spans: [] },
})
const rewrite = (op: string, id: number): Change => ({ op, project: '/p', method: 'captions.update', input: { id, patch: { text: op } } })

/** An application that makes each operation once and writes it down, and can be cut off before or after it did. */
function application() {
  const made = new Map<string, { id: number }>()
  const written: Change[] = []
  const it = {
    cut: null as 'before' | 'after' | null,
    written,
    async send(change: Change): Promise<unknown> {
      if (it.cut === 'before') throw new ConnectionLost()
      if (change.op.startsWith('bad')) throw new Error(`${change.op} refused`)
      if (!made.has(change.op)) {
        made.set(change.op, { id: 100 + made.size })
        written.push(change)
      }
      if (it.cut === 'after') {
        it.cut = 'before'
        throw new ConnectionLost()
      }
      return made.get(change.op)
    },
  }
  return it
}
type Application = ReturnType<typeof application>

function page(app: Application, store: OutboxStore) {
  const refused: string[] = []
  const outbox = new Outbox(app.send, store, { sent: () => undefined, refused: (_, e) => void refused.push(e.message) })
  return { outbox, refused }
}
const soon = () => new Promise((resolve) => setTimeout(resolve, 5))
const ops = (app: Application) => app.written.map((c) => c.op)

describe('the outbox', () => {
  it('sends changes one by one, in order', async () => {
    const app = application()
    const { outbox } = page(app, shelf().store)
    for (const op of ['a', 'b', 'c']) outbox.add(tag(op))
    expect(outbox.state.waiting).toBe(3)
    await outbox.empty()
    expect(ops(app)).toEqual(['a', 'b', 'c'])
    expect(outbox.state.waiting).toBe(0)
  })

  it('keeps what is made while the connection is lost, and sends it when it is back', async () => {
    const app = application()
    const { outbox } = page(app, shelf().store)
    app.cut = 'before'
    outbox.add(tag('a'))
    outbox.add(tag('b'))
    await soon()
    expect([ops(app), outbox.state.waiting]).toEqual([[], 2])
    outbox.reconnected() // too soon: it is lost again
    await soon()
    expect(ops(app)).toEqual([])
    app.cut = null
    outbox.reconnected()
    await outbox.empty()
    expect(ops(app)).toEqual(['a', 'b'])
  })

  it('loses nothing over a reload while the connection is lost', async () => {
    const [app, { store, kept }] = [application(), shelf()]
    app.cut = 'before'
    const before = page(app, store).outbox
    before.add(tag('a'))
    before.add(tag('b'))
    await soon()
    app.cut = null
    const { outbox } = page(app, store)
    expect(await outbox.restore('/p')).toBe(2)
    await outbox.empty()
    expect([ops(app), kept()]).toEqual([['a', 'b'], []])
  })

  it('makes no change twice whose answer was lost, not even by way of a reload', async () => {
    const [app, { store }] = [application(), shelf()]
    app.cut = 'after'
    page(app, store).outbox.add(tag('a'))
    await soon()
    expect(ops(app)).toEqual(['a'])
    app.cut = null
    const { outbox } = page(app, store)
    await outbox.restore('/p')
    outbox.add(tag('b'))
    await outbox.empty()
    expect(ops(app)).toEqual(['a', 'b'])
  })

  it('gives later changes the id of what an earlier one made', async () => {
    const [app, { store, kept }] = [application(), shelf()]
    const { outbox } = page(app, store)
    const name = temporaryId()
    app.cut = 'before'
    outbox.add(caption('made', name))
    outbox.add(rewrite('while it was on its way', name))
    await soon()
    app.cut = null
    outbox.reconnected()
    await outbox.empty()
    app.cut = 'before'
    outbox.add(rewrite('long after', name))
    await soon()
    expect(kept().map((c) => c.input)).toEqual([{ id: 100, patch: { text: 'long after' } }]) // a later page knows no temporary names
    expect(app.written.slice(1).map((c) => c.input)).toEqual([{ id: 100, patch: { text: 'while it was on its way' } }])
  })

  it('takes back what was not sent yet, but nothing that may have arrived', async () => {
    const [app, { store, kept }] = [application(), shelf()]
    const { outbox } = page(app, store)
    app.cut = 'before'
    outbox.add(tag('a'))
    outbox.add(tag('b'))
    await soon()
    const [a, b] = outbox.waiting
    expect([outbox.withdraw(a!), outbox.withdraw(b!), outbox.state.waiting]).toEqual([false, true, 1])
    app.cut = null
    outbox.reconnected()
    await outbox.empty()
    expect([ops(app), kept()]).toEqual([['a'], []])
  })

  it('goes on after a change that is refused', async () => {
    const app = application()
    const { outbox, refused } = page(app, shelf().store)
    outbox.add(tag('bad'))
    outbox.add(tag('b'))
    await outbox.empty()
    expect([ops(app), refused]).toEqual([['b'], ['bad refused']])
  })
})

describe('temporary names', () => {
  it('are negative and never the same', () => {
    const names = Array.from({ length: 1000 }, temporaryId)
    expect(new Set(names).size).toBe(1000)
    expect(Math.max(...names)).toBeLessThan(0)
  })

  it('are replaced wherever a change may name a region', () => {
    const ids = new Map([[-1, 7]])
    const change = (request: object) => ({ op: 'op', project: '/p', ...request }) as Change
    const after = (request: object) => withIds(change(request), ids).input
    const shape = { kind: 'box', x: 0, y: 0, w: 1, h: 1 }
    expect(after({ method: 'regions.apply', input: { mediaId: 1, action: 'x', changes: [{ before: { id: -1, shape }, after: { id: -1, shape } }, { before: null, after: { id: -2, shape } }] } })).toMatchObject({
      changes: [{ before: { id: 7 }, after: { id: 7 } }, { before: null, after: { id: -2 } }],
    })
    expect(after({ method: 'regions.state', input: { ids: [-1, 3], state: 'accepted' } })).toMatchObject({ ids: [7, 3] })
    expect(after({ method: 'captions.add', input: { regionId: -1, spans: [{ start: 0, end: 1, regions: [-1, 2] }] } })).toMatchObject({ regionId: 7, spans: [{ regions: [7, 2] }] })
    expect(after({ method: 'captions.update', input: { id: 4, patch: { spans: [{ start: 0, end: 1, regions: [-1] }] } } })).toEqual({ id: 4, patch: { spans: [{ start: 0, end: 1, regions: [7] }] } })
    expect(after({ method: 'comments.add', input: { mediaId: 1, regionId: -1, text: 'why' } })).toMatchObject({ regionId: 7 })
  })
})
