/** Fuzzy search as in editors: the letters in order; beginnings of words and runs count more. */

/** Higher is better; null where the letters are not all there. */
export function score(wanted: string, text: string): number | null {
  const [w, s] = [wanted.toLowerCase().replace(/\s+/g, ''), text.toLowerCase()]
  if (!w) return 0
  const whole = s.indexOf(wanted.trim().toLowerCase())
  if (whole >= 0) return 1000 - whole - s.length / 100 + (whole === 0 || /\W/.test(s[whole - 1]!) ? 500 : 0)
  let total = 0
  let at = -1
  for (const letter of w) {
    const next = s.indexOf(letter, at + 1)
    if (next < 0) return null
    total += next === at + 1 ? 8 : next === 0 || /\W/.test(s[next - 1]!) ? 6 : 1 - Math.min(1, (next - at) / 20)
    at = next
  }
  return total - s.length / 100
}

/** Those that match, the best first; all in their order for an empty text. */
export function rank<T>(wanted: string, items: readonly T[], text: (item: T) => string): T[] {
  if (!wanted.trim()) return [...items]
  return items
    .flatMap((item) => {
      const points = score(wanted, text(item))
      return points === null ? [] : [{ item, points }]
    })
    .sort((a, b) => b.points - a.points)
    .map((m) => m.item)
}
