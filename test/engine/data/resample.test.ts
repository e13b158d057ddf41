import { expect, it } from 'vitest'
import { RESAMPLE, resize, type Resample } from '../../../src-main/engine/data/resample.ts'
import { cutter, goldenJson, sha256 } from './golden.ts'

type Case = [width: number, height: number, newWidth: number, newHeight: number, method: number, sha256: string]
const cases = goldenJson<{ resize: Case[] }>('images.json').resize
const cut = await cutter()

it.each(Object.entries(RESAMPLE))('%s gives the bytes that Pillow gives', (method, number) => {
  const own = cases.filter((c) => c[4] === number)
  expect(own.length).toBeGreaterThan(10)
  for (const [w, h, width, height, , digest] of own) {
    const out = resize(cut(w, h), width, height, method as Resample)
    expect(`${w}×${h} → ${width}×${height} ${sha256(out.data)}`).toBe(`${w}×${h} → ${width}×${height} ${digest}`)
  }
})

it('filters each channel of RGBA like a channel of RGB', () => {
  const rgb = cut(90, 70)
  const data = new Uint8Array(90 * 70 * 4)
  for (let i = 0; i < 90 * 70; i++) data.set([rgb.data[3 * i]!, rgb.data[3 * i + 1]!, rgb.data[3 * i + 2]!, rgb.data[3 * i]!], i * 4)
  const want = resize(rgb, 40, 33, 'bicubic').data
  const got = resize({ width: 90, height: 70, channels: 4, data }, 40, 33, 'bicubic').data
  for (let c = 0; c < 4; c++) {
    expect(got.filter((_, i) => i % 4 === c)).toEqual(want.filter((_, i) => i % 3 === c % 3))
  }
})
