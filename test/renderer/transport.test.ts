import { afterEach, expect, it, vi } from 'vitest'
import { reactive } from 'vue'

afterEach(() => vi.unstubAllGlobals())

it('sends plain data through the desktop’s port, whatever the page holds', async () => {
  const { port1, port2 } = new MessageChannel()
  const page = Object.assign(new EventTarget(), {
    dashi: {
      requestPort: () => page.dispatchEvent(Object.assign(new Event('message'), { source: page, data: 'dashi:port', ports: [port1] })),
    },
  })
  vi.stubGlobal('window', page)
  const { openChannel } = await import('../../src-renderer/rpc/transport.ts') // looks at once which face it is in
  const channel = await openChannel()
  const heard = new Promise((resolve) => (port2.onmessage = ({ data }) => resolve(data)))
  const filter = reactive({ labelIds: [1, 2], split: null })
  expect(() => structuredClone(filter)).toThrow() // as the port would
  channel.send({ call: 1, method: 'media.list', input: { filter } })
  expect(await heard).toEqual({ call: 1, method: 'media.list', input: { filter: { labelIds: [1, 2], split: null } } })
  channel.close()
})
