/** PNG images whose pixels encode classes or objects rather than colours. */
import { decode } from 'fast-png'
import { readFileSync, statSync } from 'node:fs'
import { encodeRle, runsFromIntervals } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Unfit } from './findings.ts'
import { checkPng } from './png.ts'

/** Row-major values: raw palette indices, grey values, or colours as r · 65536 + g · 256 + b. */
export interface Pixels {
  width: number
  height: number
  values: Uint32Array
  kind: 'index' | 'grey' | 'colour'
  /** Maps a palette index to its colour. */
  palette: ((value: number) => number) | null
}

export function readPixels(file: string): Pixels {
  if (statSync(file).size > 2 ** 28) throw new Unfit(sentence('finding.png-bytes'))
  const bytes = readFileSync(file)
  const { depth, colour } = checkPng(bytes)
  const { width, height, data, channels, palette } = decode(bytes)
  const values = new Uint32Array(width * height)
  if (colour === 2 || colour === 6) {
    const shift = depth === 16 ? 8 : 0
    for (let i = 0, at = 0; i < values.length; i++, at += channels)
      values[i] = ((data[at]! >> shift) << 16) | ((data[at + 1]! >> shift) << 8) | (data[at + 2]! >> shift)
    return { width, height, values, kind: 'colour', palette: null }
  }
  const stride = Math.ceil((width * depth) / 8)
  if (depth < 8 && data.length === stride * height) {
    const mask = (1 << depth) - 1
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        values[y * width + x] = (data[y * stride + ((x * depth) >> 3)]! >> (8 - depth - ((x * depth) & 7))) & mask
  } else for (let i = 0; i < values.length; i++) values[i] = data[i * channels]!
  return { width, height, values, kind: palette ? 'index' : 'grey', palette: palette ? (v) => rgb(palette[v] ?? []) : null }
}

export const rgb = ([r = 0, g = 0, b = 0]: readonly number[]) => (r << 16) | (g << 8) | b
export const hex = (colour: number) => `#${colour.toString(16).padStart(6, '0')}`

/** An image with more distinct values is a photograph. */
const mostValues = 4096

/** One mask per value, in one pass over the columns. Throws if there are too many values. */
export function masksOf(
  { width, height, values }: Pick<Pixels, 'width' | 'height' | 'values'>,
  skip: (value: number) => boolean = () => false,
): Map<number, Rle> {
  const found = new Map<number, [number, number][]>()
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height;) {
      const v = values[y * width + x]!
      let end = y + 1
      while (end < height && values[end * width + x] === v) end++
      if (!skip(v)) {
        const list = found.get(v)
        if (list) list.push([x * height + y, x * height + end])
        else if (found.size >= mostValues) throw new Unfit(sentence('finding.png-values', { most: mostValues }))
        else found.set(v, [[x * height + y, x * height + end]])
      }
      y = end
    }
  return new Map([...found].map(([v, list]) => [v, encodeRle(runsFromIntervals(height, width, list))]))
}
