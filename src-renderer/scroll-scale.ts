/**
 * Where the scroll bar stands in contents that are taller than a browser lets an element be (Chromium: 33,554,432 px, Firefox half of it).
 * The first and the last stretch lie in the element as they are, far further than one movement of a hand goes; what is between them
 * is squeezed. Scrolling itself is never squeezed: a wheel moves the contents as far as anywhere, only the bar moves less.
 */

/** CSS pixels of an element at most. Below 2²³, so that what a graphics processor reckons in 32-bit floats has whole pixels. */
export const tallest = 8_000_000
const plain = 1_000_000

/** @param total height of the contents. @param seen of the element they are seen through, CSS pixels each */
export function scrollScale(total: number, seen: number) {
  const height = Math.min(total, tallest)
  const [last, lastHere] = [Math.max(0, total - seen), Math.max(0, height - seen)]
  const squeezed = total > tallest
  const rate = squeezed ? (last - 2 * plain) / (lastHere - 2 * plain) : 1
  const within = (y: number, most: number) => Math.min(most, Math.max(0, y))
  return {
    height,
    squeezed,
    /** The furthest that the contents scroll. */
    last,
    /** A movement of the bar by less is of a wheel or a key; one pixel by which it is dragged is more. */
    jump: squeezed ? height / (4 * Math.max(1, seen)) : Infinity,
    /** Of a place in the contents, where the bar stands. */
    bar(y: number): number {
      const at = within(y, last)
      if (!squeezed || at <= plain) return at
      return at >= last - plain ? lastHere - (last - at) : plain + (at - plain) / rate
    },
    /** The place in the contents that the bar stands for. */
    place(bar: number): number {
      const at = within(bar, lastHere)
      if (!squeezed || at <= plain) return at
      return at >= lastHere - plain ? last - (lastHere - at) : plain + (at - plain) * rate
    },
  }
}
