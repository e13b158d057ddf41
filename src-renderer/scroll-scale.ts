/**
 * The scroll bar of contents taller than browsers allow for an element (Chromium: 33,554,432 px, Firefox half of that). The first and last
 * stretch, much longer than a single hand movement, are mapped 1:1; the part between them is squeezed. Scrolling itself is never squeezed:
 * the wheel moves the contents as far as usual, only the bar moves less.
 */

/** Maximum height of an element in CSS pixels. Below 2²³, so that GPUs computing with 32-bit floats have whole pixels. */
export const tallest = 8_000_000
const plain = 1_000_000

/**
 * @param total height of the contents
 * @param seen height of the visible part, both in CSS pixels
 */
export function scrollScale(total: number, seen: number) {
  const height = Math.min(total, tallest)
  const [last, lastHere] = [Math.max(0, total - seen), Math.max(0, height - seen)]
  const squeezed = total > tallest
  const rate = squeezed ? (last - 2 * plain) / (lastHere - 2 * plain) : 1
  const within = (y: number, most: number) => Math.min(most, Math.max(0, y))
  return {
    height,
    squeezed,
    /** The maximum scroll position of the contents. */
    last,
    /** Smaller movements of the bar come from the wheel or keys; dragging it by one pixel already moves it further. */
    jump: squeezed ? height / (4 * Math.max(1, seen)) : Infinity,
    /** The position of the bar for a position in the contents. */
    bar(y: number): number {
      const at = within(y, last)
      if (!squeezed || at <= plain) return at
      return at >= last - plain ? lastHere - (last - at) : plain + (at - plain) / rate
    },
    /** The position in the contents for a position of the bar. */
    place(bar: number): number {
      const at = within(bar, lastHere)
      if (!squeezed || at <= plain) return at
      return at >= lastHere - plain ? last - (lastHere - at) : plain + (at - plain) * rate
    },
  }
}
