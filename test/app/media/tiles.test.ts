import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Child, type ChildEnd, type StartChild, startChild } from '../../../src-main/files/child.ts'
import { HugeImages } from '../../../src-main/app/media/huge.ts'
import { Tiles } from '../../../src-main/app/media/tiles.ts'
import { program } from '../../helpers/programs.ts'

let folder: string
let built: string
beforeAll(async () => void (built = await program('huge-images')))
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'dashi-tiles-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))
const waits = () => new AbortController().signal
const images = (start: StartChild = startChild, patience = 0) => new HugeImages(start, () => built, patience)
async function picture(name = 'a.png'): Promise<string> {
  const file = join(folder, name)
  await sharp({ create: { width: 1100, height: 600, channels: 3, background: '#345' } })
    .png()
    .toFile(file)
  return file
}

test('keeps the pyramids used last', async () => {
  const file = await picture()
  const tiles = new Tiles(join(folder, 'tiles'), images(), 2)
  const size = async (version: string, level: number, x: number, y: number) => {
    const tile = await tiles.tile(file, version, level, x, y, waits())
    return tile && (({ width, height }) => [width, height])(await sharp(tile).metadata())
  }
  // Level 0 is the full resolution; the last column is what is left of it.
  expect([
    await size('1', 0, 0, 0),
    await size('1', 0, 2, 1),
    await size('1', 1, 1, 0),
    await size('1', 2, 0, 0),
    await size('1', 3, 0, 0),
  ]).toEqual([[512, 512], [76, 88], [38, 300], [275, 150], null])
  for (const version of ['2', '3', '4']) await size(version, 0, 0, 0)
  expect(readdirSync(join(folder, 'tiles'))).toHaveLength(2)
})

test('makes a pyramid once for simultaneous requests, or says why it cannot', async () => {
  let started = 0
  const tiles = new Tiles(
    join(folder, 'tiles'),
    images((...args) => (started++, startChild(...args))),
  )
  const file = await picture()
  const asked = await Promise.all([0, 1, 2].map((x) => tiles.tile(file, '1', 0, x, 0, waits())))
  expect([asked.every((t) => t !== null), started]).toEqual([true, 1])
  await expect(tiles.tile(join(folder, 'nowhere.png'), '2', 0, 0, 0, waits(), 'nowhere.png')).rejects.toThrow('nowhere.png')
  expect(readdirSync(join(folder, 'tiles')).filter((n) => n.endsWith('.part'))).toEqual([])
})

/** A decoder that never comes to an end, as of a picture of a billion pixels. */
function endless() {
  const running: { task: { out: string }; killed: Promise<void> }[] = []
  const start: StartChild = (_, [text]): Child => {
    const task = JSON.parse(text!) as { out: string }
    mkdirSync(task.out)
    let end = (_: ChildEnd) => {}
    const ended = new Promise<ChildEnd>((resolve) => (end = resolve))
    const unused = () => undefined
    running.push({ task, killed: ended.then(() => undefined) })
    return { ended, kill: () => end({ code: null, signal: 'SIGKILL', said: '' }), send: unused, onMessage: unused, hold: unused }
  }
  return { running, start }
}

test('stops work that nobody waits for any more, and continues with the next', async () => {
  const { running, start } = endless()
  const huge = images(start)
  const tiles = new Tiles(join(folder, 'tiles'), huge)
  const [one, two, next] = [new AbortController(), new AbortController(), new AbortController()]
  const ask = (version: string, { signal }: AbortController) =>
    tiles.tile('huge.png', version, 0, 0, 0, signal).then(
      () => 'made',
      (e: Error) => e.message,
    )
  const [first, second] = [ask('1', one), ask('1', two)]
  await expect.poll(() => running.length).toBe(1)
  const waiting = ask('2', next) // one at a time
  one.abort(new Error('gone'))
  expect(await first).toBe('gone')
  expect(running).toHaveLength(1) // the other one still waits
  two.abort(new Error('gone too'))
  expect(await second).toBe('gone too')
  await running[0]!.killed
  await expect.poll(() => running.length).toBe(2)
  await expect.poll(() => existsSync(running[0]!.task.out)).toBe(false)
  await huge.close() // the program ends
  expect(await waiting).toBe('the program ends')
  await running[1]!.killed
})
