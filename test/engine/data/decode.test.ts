import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync, crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { golden, goldenJson, sha256 } from './golden.ts'

type Decoded = [width: number, height: number, rgb: string, white: string, rgba: string]
const images = goldenJson<{ decode: Record<string, Decoded> }>('images.json').decode

describe('decodeImage gives the bytes that Pillow gives', () => {
  it.each(Object.keys(images))('%s', async (name) => {
    const [width, height, rgb, white, rgba] = images[name]!
    const file = golden(`images/${name}`)
    const dropped = await decodeImage(file)
    expect(dropped).toMatchObject({ width, height, channels: 3 })
    expect(sha256(dropped.data)).toBe(rgb)
    expect(sha256((await decodeImage(file, name, { alpha: 'white' })).data)).toBe(white)
    const kept = await decodeImage(readFileSync(file), name, { alpha: 'keep' })
    expect(kept).toMatchObject({ width, height, channels: 4 })
    expect(sha256(kept.data)).toBe(rgba)
  })
})

describe('decodeImage refuses in one line that names the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-decode-'))
  const file = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const refusal = async (path: string, options = {}) => {
    const error = await decodeImage(path, undefined, options).then(
      () => undefined,
      (e: unknown) => e as Error,
    )
    expect(error).toMatchObject({ name: 'DashiError', fault: 'data' })
    expect(error!.message.startsWith(`${path}: `)).toBe(true)
    expect(error!.message).not.toContain('\n')
    return error!.message.slice(path.length + 2)
  }

  it('a missing file, a folder, an empty file, and a file that is not an image', async () => {
    expect(await refusal(join(folder, 'none.jpg'))).toBe('no such file')
    expect(await refusal(folder)).toMatch(/folder/)
    expect(await refusal(file('empty.png', ''))).toMatch(/empty/)
    expect(await refusal(file('notes.jpg', 'Dear diary,'))).toMatch(/^not an image, expected JPEG, PNG/)
  })

  it('SVG, which can be made to cost anything', async () => {
    const bomb = '<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"><rect width="9" height="9"/></svg>'
    expect(await refusal(file('bomb.svg', bomb))).toMatch(/^not an image/)
    expect(await refusal(file('dressed-up.png', bomb))).toMatch(/^not an image/)
  })

  it.each(['rgb.jpg', 'progressive.jpg', 'rgb.png', 'rgb16.png', 'palette.png', 'lossy.webp', 'animated.gif', 'plain.tif'])(
    'any truncation of %s',
    async (name) => {
      const whole = readFileSync(golden(`images/${name}`))
      // The first frame of an animation is whole when only later ones are lost.
      for (const part of name === 'animated.gif' ? [0.02, 0.2, 0.4] : [0.02, 0.3, 0.6, 0.9]) {
        const path = file(`cut-${part}-${name}`, whole.subarray(0, Math.ceil(whole.length * part)))
        expect(await refusal(path)).toMatch(/truncated or damaged|not an image/)
      }
    },
  )

  it('or decodes, whatever a byte is changed to', async () => {
    const files = ['rgb.jpg', 'cmyk.jpg', 'palette.png', 'rgb16.png', 'lossy.webp', 'animated.gif', 'plain.tif', 'orientation-6.jpg']
    const whole = files.map((name) => readFileSync(golden(`images/${name}`)))
    const unit = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...whole),
        fc.array(fc.tuple(unit, fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (bytes, changes) => {
          const changed = Uint8Array.from(bytes)
          for (const [where, value] of changes) changed[Math.floor(where * changed.length)] = value
          const result = await decodeImage(changed, 'changed', { pixelLimit: 1e6 }).catch((e: unknown) => e as Error)
          if (result instanceof Error) expect(result.message).toMatch(/^changed: [^\n]+$/)
          else expect(result.data.length).toBe(result.width * result.height * 3)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('a decompression bomb, before unpacking it', async () => {
    const chunk = (kind: string, data: Buffer) => {
      const body = Buffer.concat([Buffer.from(kind), data])
      const out = Buffer.alloc(body.length + 8)
      out.writeUInt32BE(data.length)
      body.copy(out, 4)
      out.writeUInt32BE(crc32(body), body.length + 4)
      return out
    }
    const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0])
    header.writeUInt32BE(50_000, 0)
    header.writeUInt32BE(40_000, 4)
    const magic = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
    const png = Buffer.concat([
      magic,
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(1 << 20))),
      chunk('IEND', Buffer.alloc(0)),
    ])
    expect(await refusal(file('bomb.png', png))).toBe('50000 × 40000 pixels, the limit is 268402689 pixels')
    expect(await refusal(golden('images/rgb.png'), { pixelLimit: 1000 })).toBe('41 × 30 pixels, the limit is 1000 pixels')
  })
})
