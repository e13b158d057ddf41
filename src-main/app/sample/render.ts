import type { Concept, Style } from '#shared/model/sample.ts'
import { userError } from '#shared/errors.ts'
import { findIcon } from './iconset.ts'
import { sharp } from '../../engine/data/index.ts'

/** Straight (not premultiplied) RGBA, 8 bits per channel, row-major. */
export interface Rgba {
  width: number
  height: number
  data: Uint8Array
}

/** The pictograph as an SVG document, as {@link iconSvg}. */
export function pictographSvg(concept: Concept, style: Style, size: number, angle = 0): string {
  const name = concept.styles[style]
  if (!name) throw userError(`${style} has no picture of "${concept.name}" (${concept.id})`)
  return iconSvg(style, name, size, angle)
}

/**
 * An icon of a set as an SVG document of `size` × `size` px. `angle` rotates the drawing clockwise about its centre, in
 * degrees; the canvas grows to contain the whole rotated square.
 */
function iconSvg(set: string, name: string, size: number, angle: number): string {
  const { body, left, top, width, height, hFlip } = findIcon(set, name)
  const radians = (angle * Math.PI) / 180
  const canvas = Math.ceil(size * (Math.abs(Math.cos(radians)) + Math.abs(Math.sin(radians))) - 1e-9)
  const scale = size / Math.max(width, height)
  const place =
    `translate(${canvas / 2} ${canvas / 2}) rotate(${angle}) scale(${hFlip ? -scale : scale} ${scale}) ` +
    `translate(${-left - width / 2} ${-top - height / 2})`
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${canvas}" height="${canvas}">` +
    `<g transform="${place}">${body}</g></svg>`
  )
}

/** Renders on libuv's thread pool: start several at once. Deterministic: the same input gives the same bytes. */
export async function renderPictograph(concept: Concept, style: Style, size: number, angle = 0): Promise<Rgba> {
  return rendered(pictographSvg(concept, style, size, angle))
}

/** An icon of a set, upright. */
export const renderIcon = (set: string, name: string, size: number): Promise<Rgba> => rendered(iconSvg(set, name, size, 0))

async function rendered(svg: string): Promise<Rgba> {
  const { data, info } = await sharp(Buffer.from(svg), { unlimited: true }).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  if (info.channels !== 4) throw new Error(`expected 4 channels of a drawing, got ${info.channels}`)
  return { width: info.width, height: info.height, data: new Uint8Array(data.buffer, data.byteOffset, data.length) }
}

/** Composes onto an opaque colour; returns RGB, 3 bytes per pixel. */
export function flatten({ width, height, data }: Rgba, [r, g, b]: readonly [number, number, number] = [255, 255, 255]): Uint8Array {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; i < data.length; i += 4, o += 3) {
    const a = data[i + 3]!
    const over = (front: number, back: number) => Math.round((front * a + back * (255 - a)) / 255)
    rgb[o] = over(data[i]!, r)
    rgb[o + 1] = over(data[i + 1]!, g)
    rgb[o + 2] = over(data[i + 2]!, b)
  }
  return rgb
}
