/** Keys that mean labels: a key of its own, else a number; and the labels that typed letters mean. */
import type { Label } from '#shared/model/label.ts'
import { rank } from './search.ts'

type Keyed = Pick<Label, 'id' | 'key'>
type Named = Pick<Label, 'id' | 'name' | 'synonyms'>

/**
 * The number of each label that has no key of its own: 1, 2, … in their order, as many digits as it takes. A digit that is some
 * label's own key acts at once, so no number begins with it.
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

/** What digits typed one after the other mean so far: a label, or a beginning to be gone on with or confirmed; null where neither. */
export function labelOfDigits(numbers: ReadonlyMap<number, string>, digits: string): { label: number | null; more: boolean } | null {
  let label: number | null = null
  let more = false
  for (const [id, number] of numbers) {
    if (number === digits) label = id
    else if (number.startsWith(digits)) more = true
  }
  return label === null && !more ? null : { label, more }
}

/** A label's own key, whatever Shift and Caps Lock say. */
export const labelOfKey = (labels: readonly Keyed[], key: string): number | null =>
  labels.find((l) => l.key !== null && l.key.toLowerCase() === key.toLowerCase())?.id ?? null

/** Those that typed text means, the best first: an exact name, then beginnings of names, then names with the letters in their order. */
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
