import { describe, expect, it } from 'vitest'
import { connect, ConnectionLost, serve, type Channel, type Handlers } from '#shared/contract/rpc.ts'
import { userError } from '#shared/errors.ts'
import { channelPair } from '../helpers/window.ts'

function app(handlers: Partial<Handlers<string>>) {
  const [near, far] = channelPair()
  const faults: string[] = []
  const told: unknown[] = []
  const emit = serve(far, handlers as Handlers<string>, 'window', (method) => faults.push(method))
  const client = connect(near, (event, data) => told.push([event, data]))
  return { client, near, far, emit, faults, told }
}
const answerOf = (near: Channel) => new Promise((resolve) => near.onMessage(resolve))

describe('calls and events', () => {
  it('carries an input, with its defaults, to the handler and its output back', async () => {
    const { client, near } = app({
      'files.list': ({ folder }, window) => ({ folder: `${window}:${folder}`, parent: null, folders: [], project: false, images: 3 }),
      'jobs.list': () => [],
    })
    expect(await client.call('files.list', { folder: '/a' })).toEqual({
      folder: 'window:/a',
      parent: null,
      folders: [],
      project: false,
      images: 3,
    })
    expect(await client.call('jobs.list')).toEqual([])
    near.close()
  })

  it('refuses an input that does not fit before any handler sees it', async () => {
    let seen = 0
    const { client, near } = app({ 'media.remove': () => (seen++, null) })
    await expect(client.call('media.remove', { ids: [1.5] })).rejects.toThrow('media.remove.ids.0')
    await expect(client.call('media.remove', { ids: [] })).rejects.toMatchObject({ fault: 'user' })
    expect(seen).toBe(0)
    near.close()
  })

  it('refuses an output that does not fit', async () => {
    const { client, near } = app({ 'jobs.list': () => [{ id: 1 }] as never })
    await expect(client.call('jobs.list')).rejects.toThrow('jobs.list.0.id')
    near.close()
  })

  it("tells the user's faults from the program's, and reports the latter", async () => {
    const { client, near, faults } = app({
      'jobs.cancel': () => {
        throw userError('the job has ended already')
      },
      'jobs.list': () => {
        throw new TypeError('undefined is not a function\n  at secret/place')
      },
    })
    await expect(client.call('jobs.cancel', { id: 'x' })).rejects.toMatchObject({ fault: 'user', message: 'the job has ended already' })
    await expect(client.call('jobs.list')).rejects.toMatchObject({ fault: 'program', message: 'undefined is not a function' })
    expect(faults).toEqual(['jobs.list'])
    near.close()
  })

  it('answers what is no method, and passes over what is no call', async () => {
    for (const method of ['nothing', '__proto__', 'constructor', 'toString']) {
      const { near } = app({})
      near.send('noise')
      near.send({ call: 'one' })
      near.send({ call: 7, method, input: {} })
      expect(await answerOf(near)).toMatchObject({
        answer: 7,
        error: { fault: 'user', message: expect.stringContaining('no such method') },
      })
      near.close()
    }
  })

  it('delivers events that fit, and no others', async () => {
    const { emit, told, near, far } = app({})
    emit('host.action', { action: 'undo' })
    far.send({ event: 'host.action', data: { action: 5 } })
    far.send({ event: 'unheard', data: {} })
    emit('host.action', { action: 'redo' })
    await expect.poll(() => told.length).toBe(2)
    expect(told).toEqual([
      ['host.action', { action: 'undo' }],
      ['host.action', { action: 'redo' }],
    ])
    near.close()
  })

  it('rejects what waits when the connection goes, and what comes after', async () => {
    const { client, far } = app({ 'jobs.list': () => new Promise(() => undefined) })
    const waiting = client.call('jobs.list')
    setTimeout(() => far.close(), 20)
    await expect(waiting).rejects.toBeInstanceOf(ConnectionLost)
    await expect(client.call('jobs.list')).rejects.toBeInstanceOf(ConnectionLost)
  })
})
