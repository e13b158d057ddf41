/** Keys for labels: a label's own key, otherwise its number; and fuzzy matching of typed letters. */
import type { Label } from '#shared/model/label.ts'
import { rank } from './search.ts'

type Keyed = Pick<Label, 'id' | 'key'>
type Named = Pick<Label, 'id' | 'name' | 'synonyms'>

/**
 * Numbers for labels without a key of their own: 1, 2, … in order, with as many digits as needed. A digit that is some label's own key
 * acts at once, so no number starts with it.
 */
export function numbersOf(labels: readonly Keyed[]): Map<number, string> {
  const own = new Set(labels.flatMap((l) => (l.key !== null && /\d/.test(l.key) ? [l.key] : [])))
  const numbers = new Map<number, string>()
  if (own.size >= 9) return numbers
  let n = 0
  for (const { id, key } of labels) {
    if (key !== null) continue
    do n++
    while (own.has(String(n)[0]!))
    numbers.set(id, String(n))
  }
  return numbers
}

/** The meaning of the digits typed so far: a label, or a prefix that can be continued or confirmed; null if neither. */
export function labelOfDigits(numbers: ReadonlyMap<number, string>, digits: string): { label: number | null; more: boolean } | null {
  let label: number | null = null
  let more = false
  for (const [id, number] of numbers) {
    if (number === digits) label = id
    else if (number.startsWith(digits)) more = true
  }
  return label === null && !more ? null : { label, more }
}

/** The label with this key, regardless of Shift and Caps Lock. */
export const labelOfKey = (labels: readonly Keyed[], key: string): number | null =>
  labels.find((l) => l.key !== null && l.key.toLowerCase() === key.toLowerCase())?.id ?? null

/** Labels matching typed text, best first: exact names, then prefixes, then names that contain the letters in order. */
export function labelsOfText<L extends Named>(text: string, labels: readonly L[]): L[] {
  const wanted = text.trim().toLowerCase()
  if (!wanted) return []
  const grade = ({ name, synonyms }: L) => {
    const names = [name, ...synonyms].map((n) => n.toLowerCase())
    return names.includes(wanted) ? 0 : names.some((n) => n.startsWith(wanted)) ? 1 : 2
  }
  return rank(text, labels, (l) => [l.name, ...l.synonyms].join(' '))
    .map((l) => [grade(l), l] as const)
    .sort(([a], [b]) => a - b)
    .map(([, l]) => l)
}
