/** Threads that read images and render random views: the same bits by any number of them, and nothing waits for one that is gone. */
import { expect, test } from 'vitest'
import { augmentSchema } from '../../../src-main/engine/data/augment.ts'
import { Renderers, renderersWithin } from '../../../src-main/engine/data/renderers.ts'
import { decodeReduced } from '../../../src-main/engine/data/reduce.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { type Seen, type ViewsOf, viewsOf } from '../../../src-main/engine/data/view-tasks.ts'
import { programUrl } from '../../helpers/programs.ts'
import { golden } from './golden.ts'

const size = { width: 24, height: 16 }
const of: ViewsOf = {
  size,
  config: augmentSchema.parse({
    minScale: 0.3,
    maxScale: 1.3,
    flip: 0.5,
    rotate: 20,
    hue: 0.1,
    background: 0.5,
    operations: 2,
    magnitude: 9,
  }),
  normalisation: { image_mean: [0.4, 0.5, 0.6], image_std: [0.2, 0.3, 0.4] },
}
const images = (n: number): Seen[] =>
  Array.from({ length: n }, (_, index) => {
    const data = new Uint8Array(new SharedArrayBuffer(40 * 30 * 4))
    const rng = Rng.of(9, index)
    data.forEach((_v, i) => (data[i] = rng.int(256)))
    return { pixels: { width: 40, height: 30, channels: 4, data }, seed: 1, epoch: 2, index }
  })
const room = (n: number) => new Float32Array(n * 3 * size.width * size.height)
const rendered = async (renderers: Renderers, seen: readonly Seen[]) => {
  const out = room(seen.length)
  await renderers.render(seen, of, out)
  return out
}
/** A thread of this program. */
const threadOf = (program: string) => new URL(`data:text/javascript,${encodeURIComponent(program)}`)

test('no more threads than the engine may use, less the one of the job', () => {
  expect([1, 2, 3, 9, 64].map(renderersWithin)).toEqual([0, 1, 2, 8, 8])
})

test('views are the same by any number of threads, also of several batches at once', async () => {
  const program = await programUrl('picture-helper')
  const seen = images(13)
  const want = viewsOf(seen, of)
  for (const threads of [0, 1, 2, 5]) {
    const renderers = new Renderers(threads, program)
    expect(renderers.alive).toBe(0)
    expect(await rendered(renderers, seen)).toEqual(want)
    const each = await Promise.all(seen.map((one) => rendered(renderers, [one])))
    expect(Float32Array.from(each.flatMap((view) => [...view]))).toEqual(want)
    expect(renderers.alive).toBe(threads)
    await renderers.close()
    expect(renderers.alive).toBe(0)
  }
  expect(await rendered(new Renderers(4, null), seen)).toEqual(want)
})

test('what a thread leaves behind when it dies is rendered all the same, and after some deaths no more threads begin', async () => {
  const seen = images(4)
  const listening = (then: string) => `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { ${then} })`
  for (const program of [listening('process.exit(3)'), listening('throw new Error("no")'), `import 'node:nowhere'`]) {
    const renderers = new Renderers(2, threadOf(program))
    for (let again = 0; again < 4; again++) expect(await rendered(renderers, seen)).toEqual(viewsOf(seen, of))
    expect(renderers.alive).toBe(0)
    await renderers.close()
  }
})

test('closing ends the threads at once, and cancels what they had to do', async () => {
  const silent = new Renderers(3, threadOf(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => undefined)`))
  const asked = [rendered(silent, images(6)), rendered(silent, images(2))].map((all) =>
    expect(all).rejects.toMatchObject({ fault: 'cancelled' }),
  )
  expect(silent.alive).toBe(3)
  await silent.close()
  await Promise.all(asked)
  expect(silent.alive).toBe(0)
  await expect(rendered(silent, images(1))).rejects.toMatchObject({ fault: 'cancelled' })
})

test('an image read by a thread has the same bits; one that cannot be read is told by the thread that asked', async () => {
  const least = { width: 20, height: 15 }
  const files = ['images/rgb.jpg', 'images/rgba.png', 'images/cmyk.jpg', 'formats/rgb.jp2'].map(golden)
  const want = await Promise.all(files.map((file) => decodeReduced(file, least)))
  const ends = threadOf(`import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(1))`)
  for (const [threads, program] of [
    [2, await programUrl('picture-helper')],
    [0, null],
    [2, ends],
  ] as const) {
    const renderers = new Renderers(threads, program)
    expect(await Promise.all(files.map((file) => renderers.decode(file, least)))).toEqual(want)
    await expect(renderers.decode('/nowhere.jpg', least)).rejects.toMatchObject({ fault: 'data', message: '/nowhere.jpg: no such file' })
    await renderers.close()
    await expect(renderers.decode(files[0]!, least)).rejects.toMatchObject({ fault: 'cancelled' })
  }
})

test('closing while images are read ends the threads too', async () => {
  const program = await programUrl('picture-helper')
  for (let again = 0; again < 5; again++) {
    const renderers = new Renderers(2, program)
    await renderers.decode(golden('images/rgb.jpg'), { width: 20, height: 15 }) // it has begun
    const asked = Array.from({ length: 40 }, (_, i) =>
      renderers.decode(golden(i % 2 ? 'base.png' : 'images/rgb.jpg'), { width: 20 + i, height: 15 }).then(
        () => 'read',
        (e: { fault?: string }) => e.fault,
      ),
    )
    await renderers.close()
    expect(['read', 'cancelled']).toEqual(expect.arrayContaining(await Promise.all(asked)))
    expect(renderers.alive).toBe(0)
  }
})
