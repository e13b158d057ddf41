/** Fuzzy search as in editors: the letters must occur in order; beginnings of words and consecutive letters score higher. */

/** Higher is better; null if not all letters occur. */
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

/** The matching items, best first; all in their order if the text is empty. */
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
