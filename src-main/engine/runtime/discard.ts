import { MessageChannel } from 'node:worker_threads'

/** Smaller arrays are left to the garbage collector. */
const LARGE = 2 ** 16

/**
 * Gives the memory of arrays back at once, which are empty afterwards. The garbage collector would wait until as much again has been
 * allocated, hence through the whole of the next step. What is transferred to a closed port is let go.
 */
export function discard(arrays: readonly Float32Array[]): void {
  const large = arrays.filter((x) => x.byteLength >= LARGE).map((x) => x.buffer as ArrayBuffer)
  if (!large.length) return
  const { port1, port2 } = new MessageChannel()
  port2.close()
  port1.close()
  port1.postMessage(null, large)
}
