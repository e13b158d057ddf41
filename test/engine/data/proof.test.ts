/** What decodes a picture quickly comes to the same verdict as what decodes it for a model. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, expect, test, vi } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { proved } from '../../../src-main/engine/data/proof.ts'

vi.mock(import('../../../src-main/engine/data/decode.ts'), { spy: true })

const dir = mkdtempSync(join(tmpdir(), 'dashi-proof-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const noise = Uint8Array.from({ length: 400 * 300 * 3 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 13) & 255)
const picture = () => sharp(noise, { raw: { width: 400, height: 300, channels: 3 } })
const formats: Record<string, () => Promise<Buffer>> = {
  'a.jpg': () => picture().jpeg().toBuffer(),
  'progressive.jpg': () => picture().jpeg({ progressive: true }).toBuffer(),
  'a.png': () => picture().png().toBuffer(),
  'a.webp': () => picture().webp().toBuffer(),
  'a.gif': () => picture().gif().toBuffer(),
  'a.avif': () => picture().avif({ effort: 0 }).toBuffer(),
  'a.tif': () => picture().tiff().toBuffer(),
}
const damage: Record<string, (whole: Buffer) => Uint8Array> = {
  whole: (b) => b,
  halved: (b) => b.subarray(0, b.length >> 1),
  'without its end': (b) => b.subarray(0, b.length - 50),
  'a hole in it': (b) => Buffer.concat([b.subarray(0, b.length >> 1), Buffer.alloc(500, 0x55), b.subarray((b.length >> 1) + 500)]),
  empty: () => new Uint8Array(),
  text: () => Buffer.from('no picture'),
}
const verdict = (done: Promise<unknown>) =>
  done.then(
    () => 'readable',
    (e: Error) => e.message,
  )

test.each(Object.keys(formats))('%s', async (name) => {
  const whole = await formats[name]!()
  for (const [how, spoil] of Object.entries(damage)) {
    const file = join(dir, `${how} ${name}`)
    writeFileSync(file, spoil(whole))
    const said = await verdict(proved(file))
    expect(said, how).toBe(await verdict(decodeImage(file)))
    if (how === 'whole') expect(said).toBe('readable')
    if (how === 'halved' || how === 'empty' || how === 'text') expect(said).toContain(file)
  }
})

test('every picture of the golden files', async () => {
  for (const folder of ['images', 'formats'].map((f) => join('test', 'parity', 'data', f)))
    for (const name of readdirSync(folder))
      expect((await verdict(proved(join(folder, name)))) === 'readable', name).toBe(
        (await verdict(decodeImage(join(folder, name)))) === 'readable',
      )
})

test('what is not a file is reported as such', async () => {
  await expect(proved(join(dir, 'nowhere.png'))).rejects.toThrow('nowhere.png')
  await expect(proved(dir)).rejects.toThrow(/folder/)
})

test('what libvips can read in one pass is not decoded whole; a TIFF of usual size is, and what is damaged, for the reason', async () => {
  const decoded = async (name: string, bytes: Uint8Array) => {
    const file = join(dir, name)
    writeFileSync(file, bytes)
    vi.mocked(decodeImage).mockClear()
    await proved(file, 'mine').catch(() => undefined)
    return vi.mocked(decodeImage).mock.calls
  }
  for (const name of ['a.jpg', 'progressive.jpg', 'a.png', 'a.webp', 'a.gif', 'a.avif'])
    expect(await decoded(name, await formats[name]!()), name).toEqual([])
  expect(await decoded('a.tif', await formats['a.tif']!())).toEqual([[join(dir, 'a.tif'), 'mine']])
  expect(await decoded('cut.png', (await formats['a.png']!()).subarray(0, 5000))).toEqual([[join(dir, 'cut.png'), 'mine']])
  expect(await decoded('text.png', Buffer.from('no picture'))).toHaveLength(1)
  // Of more pixels than are decoded: not even in one pass.
  const header = (
    await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
  ).subarray(0, 33)
  header.writeUInt32BE(0x4000, 16)
  header.writeUInt32BE(0x4000, 20)
  expect(await decoded('large.png', header)).toHaveLength(1)
})
