/** Captions with the same words in another order, made from phrases that are tied to regions. */

/** Words that tie things as equals: a caption says the same with them swapped. Japanese particles are among them. */
const EVEN = new Set(
  `and or nor plus also both next to near by beside besides close alongside along together each other a an the und oder et ou y o
  と や か の に で も は が を 及び および 並び 隣 横 近く そば`.split(/\s+/),
)
const words = new Intl.Segmenter('ja', { granularity: 'word' })

interface Phrase {
  readonly start: number
  readonly end: number
}

/**
 * Each two neighbouring phrases of a caption in each other's place: "a red apple left of a dog" becomes "a dog left of a red
 * apple". Left out are phrases that are the same or overlap, and those between which stands nothing but words that tie equals
 * ("and", "next to"), since the swapped caption would be as true.
 * @param phrases in UTF-16 units of the text
 */
export function swapsIn(text: string, phrases: readonly Phrase[]): string[] {
  const own = phrases
    .filter(({ start, end }) => text.slice(start, end).trim() !== '' && end <= text.length)
    .sort((a, b) => a.start - b.start || a.end - b.end)
  return own.flatMap((a, i) => {
    const b = own[i + 1]
    if (!b || b.start < a.end) return []
    const [first, between, second] = [text.slice(a.start, a.end), text.slice(a.end, b.start), text.slice(b.start, b.end)]
    if (alike(first, second) || !tells(between)) return []
    const [head, tail] = a.start === 0 ? [capitalised(second, first), uncapitalised(first)] : [second, first]
    return [`${text.slice(0, a.start)}${head}${between}${tail}${text.slice(b.end)}`]
  })
}

const tells = (between: string): boolean => [...words.segment(between.toLowerCase())].some((s) => s.isWordLike && !EVEN.has(s.segment))

/** Captions are the same but for case, spaces and what ends them. */
export const sameWords = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[.。!！]+\s*$/u, '')
    .replace(/\s+/g, ' ')
    .trim()
const alike = (a: string, b: string): boolean => sameWords(a) === sameWords(b)

/** As a sentence begins: "A dog". A word all in capitals, or beginning so within, is a name. */
const begins = /^\p{Lu}(?=\p{Ll}|\s)/u
const capitalised = (text: string, as: string): string => (begins.test(as) ? text.charAt(0).toUpperCase() + text.slice(1) : text)
const uncapitalised = (text: string): string => (begins.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text)
