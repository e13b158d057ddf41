/** The compressed counts of COCO's run-length masks (cocodataset/cocoapi common/maskApi.c), and their validation. */
import { limits } from '../model/limits.ts'

export function encodeCounts(counts: readonly number[]): string {
  let s = ''
  for (let i = 0; i < counts.length; i++) {
    let x = i > 2 ? counts[i]! - counts[i - 2]! : counts[i]!
    for (let more = true; more;) {
      let c = x & 0x1f
      x = Math.floor(x / 32)
      more = c & 0x10 ? x !== -1 : x !== 0
      if (more) c |= 0x20
      s += String.fromCharCode(c + 48)
    }
  }
  return s
}

/**
 * Decodes run lengths. @throws an Error describing the problem: an invalid character, a truncated number or a
 * negative run
 */
export function decodeCounts(s: string): number[] {
  const counts: number[] = []
  for (let p = 0; p < s.length;) {
    let x = 0
    let scale = 1
    for (let more = true; more;) {
      const c = s.charCodeAt(p++) - 48
      if (!(c >= 0 && c < 64))
        throw new Error(p > s.length ? 'RLE counts end in the middle of a number' : `RLE counts hold a foreign character at ${p - 1}`)
      if (scale > 2 ** 45) throw new Error('RLE counts hold a number that is too large')
      x += (c & 0x1f) * scale
      scale *= 32
      more = (c & 0x20) !== 0
      if (!more && c & 0x10) x -= scale
    }
    if (counts.length > 2) x += counts[counts.length - 2]!
    if (x < 0) throw new Error('RLE counts hold a negative run')
    counts.push(x)
  }
  return counts
}

/**
 * Why a mask is invalid: unreadable runs, or runs that do not cover its size; null if valid. Like `decodeRle`,
 * without storing the runs.
 */
export function rleProblem({ size: [height, width], counts }: { size: readonly [number, number]; counts: string }): string | null {
  if (height * width > limits.area) return `a mask of ${height} × ${width} pixels, expected at most ${limits.area}`
  let [sum, last, before] = [0, 0, 0]
  for (let p = 0, n = 0; p < counts.length; n++) {
    let x = 0
    let scale = 1
    for (let more = true; more;) {
      const c = counts.charCodeAt(p++) - 48
      if (!(c >= 0 && c < 64))
        return p > counts.length ? 'RLE counts end in the middle of a number' : `RLE counts hold a foreign character at ${p - 1}`
      if (scale > 2 ** 45) return 'RLE counts hold a number that is too large'
      x += (c & 0x1f) * scale
      scale *= 32
      more = (c & 0x20) !== 0
      if (!more && c & 0x10) x -= scale
    }
    if (n > 2) x += before
    if (x < 0) return 'RLE counts hold a negative run'
    sum += x
    before = last
    last = x
  }
  return sum === height * width ? null : `RLE runs cover ${sum} pixels, expected ${height} × ${width}`
}
