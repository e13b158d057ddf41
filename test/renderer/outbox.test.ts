import { describe, expect, it } from 'vitest'
import { ConnectionLost, RemoteError } from '#shared/contract/rpc.ts'
import type { Conflict } from '#shared/model/conflict.ts'
import type { Region } from '#shared/model/region.ts'
import { temporaryId, withIds, type Change } from '../../src-renderer/rpc/changes.ts'
import { resolved } from '../../src-renderer/rpc/conflicts.ts'
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
  op,
  project: '/p',
  temporary,
  method: 'captions.add',
  input: { mediaId: 1, regionId: null, text: op, language: 'en', spans: [] },
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

  it('keeps changes made while the connection is lost, and sends them when it is back', async () => {
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

  it('loses nothing in a reload while the connection is lost', async () => {
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

  it('applies no change twice if its answer was lost, not even after a reload', async () => {
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

  it('uses the saved id of what an earlier change created in later ones', async () => {
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

  it('withdraws what was not sent yet, but nothing that may have arrived', async () => {
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

  it('withdraws nothing in flight, even before its answer arrives', async () => {
    const [{ store, kept }, sent] = [shelf(), [] as string[]]
    let answer = (_: null) => {}
    const send = (change: Change) => {
      sent.push(change.op)
      return new Promise<unknown>((resolve) => (answer = resolve))
    }
    const outbox = new Outbox(send, store, { sent: () => undefined, refused: () => undefined })
    outbox.add(tag('a'))
    await soon()
    const [a] = outbox.waiting
    expect([outbox.sending, outbox.withdraw(a!), sent, outbox.state.waiting, kept().length]).toEqual([a, false, ['a'], 1, 1])
    answer(null)
    await outbox.empty()
    expect([outbox.sending, outbox.withdraw(a!), kept()]).toEqual([null, false, []])
  })

  it('continues after a refused change', async () => {
    const app = application()
    const { outbox, refused } = page(app, shelf().store)
    outbox.add(tag('bad'))
    outbox.add(tag('b'))
    await outbox.empty()
    expect([ops(app), refused]).toEqual([['b'], ['bad refused']])
  })
})

describe('an outbox with conflicts', () => {
  const conflict = (id: number): Conflict => ({
    entity: 'caption',
    id,
    how: 'changed',
    removing: false,
    fields: [{ field: 'text', base: 'a', theirs: 'b', mine: 'c' }],
  })
  const update = (op: string): Change => ({
    op,
    project: '/p',
    method: 'captions.update',
    input: { id: 1, patch: { text: 'c' }, before: { text: 'a' } },
  })

  it('waits for a person’s choice, across a reload too, and sends it under the same name', async () => {
    const [{ store, kept }, sent] = [shelf(), [] as Change[]]
    const send = async (change: Change) => {
      if (change.method === 'captions.update' && change.input.before?.text !== 'b')
        throw new RemoteError('conflict', 'changed', [conflict(1)])
      sent.push(change)
      return null
    }
    const never = new Outbox(send, store, { sent: () => undefined, refused: () => undefined, conflict: () => new Promise(() => undefined) })
    never.add(update('a'))
    never.add(tag('b'))
    await soon()
    expect([sent, kept().map((c) => c.op)]).toEqual([[], ['a', 'b']])

    const again = new Outbox(send, store, {
      sent: () => undefined,
      refused: () => undefined,
      conflict: async (change, conflicts) => resolved(change, conflicts, 'mine'),
    })
    await again.restore('/p')
    await again.empty()
    expect(sent).toMatchObject([{ op: 'a', input: { patch: { text: 'c' }, before: { text: 'b' } } }, { op: 'b' }])
    expect(kept()).toEqual([])
  })

  it('drops what was given up, and continues', async () => {
    const [{ store, kept }, sent] = [shelf(), [] as string[]]
    const send = async (change: Change) => {
      if (change.op === 'a') throw new RemoteError('conflict', 'changed', [conflict(1)])
      sent.push(change.op)
      return null
    }
    const outbox = new Outbox(send, store, {
      sent: () => undefined,
      refused: () => undefined,
      conflict: async (change, conflicts) => resolved(change, conflicts, 'theirs'),
    })
    outbox.add(update('a'))
    outbox.add(tag('b'))
    await outbox.empty()
    expect([sent, kept()]).toEqual([['b'], []])
  })

  it('keeps what a replaced project cannot save, until it is back or copied', async () => {
    const [{ store, kept }, sent] = [shelf(), [] as [string, string][]]
    let replaced = true
    const send = async (change: Change) => {
      if (replaced) throw new RemoteError('replaced', 'gone')
      sent.push([change.op, change.project])
      return null
    }
    const outbox = new Outbox(send, store, { sent: () => undefined, refused: () => expect.unreachable() })
    outbox.attend('/p')
    outbox.add(tag('a'))
    outbox.add(tag('b'))
    await soon()
    expect(outbox.state.waiting).toBe(2)
    replaced = false
    outbox.readdress('/p', '/copy')
    outbox.attend('/copy')
    await outbox.empty()
    expect([sent, kept()]).toEqual([
      [
        ['a', '/copy'],
        ['b', '/copy'],
      ],
      [],
    ])
  })

  it('sends nothing to the wrong project', async () => {
    const [{ store, kept }, sent] = [shelf(), [] as string[]]
    let replaced = true
    const outbox = new Outbox(
      async (change) => {
        if (replaced) throw new RemoteError('replaced', 'gone')
        sent.push(change.op)
        return null
      },
      store,
      { sent: () => undefined, refused: () => undefined },
    )
    outbox.attend('/p')
    outbox.add(tag('a'))
    await soon()
    replaced = false
    outbox.attend('/other')
    outbox.add({ ...tag('c'), project: '/other' })
    await outbox.empty()
    expect([sent, kept().map((c) => c.op)]).toEqual([['c'], ['a']])
    outbox.attend('/p')
    await outbox.restore('/p')
    await outbox.empty()
    expect([sent, kept()]).toEqual([['c', 'a'], []])
  })
})

describe('a resolved change', () => {
  const region = (more: Partial<Region> = {}): Region => ({
    id: 1,
    mediaId: 1,
    labelId: 1,
    shape: { kind: 'box', x: 0, y: 0, w: 1, h: 1 },
    attributes: { a: 1 },
    author: { kind: 'person', name: 'ann' },
    state: 'accepted',
    z: 0,
    hidden: false,
    locked: false,
    ...more,
  })
  const apply = (before: Region | null, after: Region | null): Change => ({
    op: 'o',
    project: '/p',
    method: 'regions.apply',
    input: { mediaId: 1, action: 'x', changes: [{ before, after }] },
  })
  const field = (field: string, base: unknown, theirs: unknown, mine: unknown) =>
    ({ field, base, theirs, mine }) as Conflict['fields'][number]
  const found = (more: Partial<Conflict>): Conflict => ({ entity: 'region', id: 1, how: 'changed', removing: false, fields: [], ...more })
  const changes = (change: Change | null) => (change as { input: { changes: unknown[] } } | null)?.input.changes

  it('keeps this window’s value, knowing the other, or gives up that field only', () => {
    const change = apply(region(), region({ labelId: 2, locked: true }))
    const conflict = [found({ fields: [field('labelId', 1, 3, 2)] })]
    expect(changes(resolved(change, conflict, 'mine'))).toEqual([
      { before: region({ labelId: 3 }), after: region({ labelId: 2, locked: true }) },
    ])
    expect(changes(resolved(change, conflict, 'theirs'))).toEqual([{ before: region(), after: region({ labelId: 1, locked: true }) }])
  })
  it('resolves attributes one by one', () => {
    const change = apply(region(), region({ attributes: { a: 2, b: 1 } }))
    const conflict = [found({ fields: [field('attributes.a', 1, null, 2)] })]
    expect(changes(resolved(change, conflict, 'mine'))).toEqual([
      { before: region({ attributes: {} }), after: region({ attributes: { a: 2, b: 1 } }) },
    ])
    expect(changes(resolved(change, conflict, 'theirs'))).toEqual([{ before: region(), after: region({ attributes: { a: 1, b: 1 } }) }])
  })
  it('recreates a region that someone removed, and removes one that someone changed, or does not', () => {
    const gone = [found({ how: 'removed' })]
    expect(changes(resolved(apply(region(), region({ labelId: 2 })), gone, 'mine'))).toEqual([
      { before: null, after: region({ labelId: 2 }) },
    ])
    expect(resolved(apply(region(), region({ labelId: 2 })), gone, 'theirs')).toBeNull()
    const removing = [found({ removing: true, fields: [field('labelId', 1, 3, null)] })]
    expect(changes(resolved(apply(region(), null), removing, 'mine'))).toEqual([{ before: region({ labelId: 3 }), after: null }])
    expect(resolved(apply(region(), null), removing, 'theirs')).toBeNull()
  })
})

describe('temporary ids', () => {
  it('are negative and unique', () => {
    const names = Array.from({ length: 1000 }, temporaryId)
    expect(new Set(names).size).toBe(1000)
    expect(Math.max(...names)).toBeLessThan(0)
  })

  it('are replaced wherever a change refers to a region', () => {
    const ids = new Map([[-1, 7]])
    const change = (request: object) => ({ op: 'op', project: '/p', ...request }) as Change
    const after = (request: object) => withIds(change(request), ids).input
    const shape = { kind: 'box', x: 0, y: 0, w: 1, h: 1 }
    expect(
      after({
        method: 'regions.apply',
        input: {
          mediaId: 1,
          action: 'x',
          changes: [
            { before: { id: -1, shape }, after: { id: -1, shape } },
            { before: null, after: { id: -2, shape } },
          ],
        },
      }),
    ).toMatchObject({
      changes: [
        { before: { id: 7 }, after: { id: 7 } },
        { before: null, after: { id: -2 } },
      ],
    })
    expect(after({ method: 'regions.state', input: { ids: [-1, 3], state: 'accepted' } })).toMatchObject({ ids: [7, 3] })
    expect(after({ method: 'captions.add', input: { regionId: -1, spans: [{ start: 0, end: 1, regions: [-1, 2] }] } })).toMatchObject({
      regionId: 7,
      spans: [{ regions: [7, 2] }],
    })
    expect(after({ method: 'captions.update', input: { id: 4, patch: { spans: [{ start: 0, end: 1, regions: [-1] }] } } })).toEqual({
      id: 4,
      patch: { spans: [{ start: 0, end: 1, regions: [7] }] },
    })
    expect(after({ method: 'comments.add', input: { mediaId: 1, regionId: -1, text: 'why' } })).toMatchObject({ regionId: 7 })
  })
})
