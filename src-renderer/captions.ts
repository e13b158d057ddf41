/** Captions as text: splitting them into pieces, finding words, and checking for mistakes. */
import type { Span } from '#shared/model/caption.ts'

export interface Piece {
  text: string
  start: number
  span: Span | null
  /** Beyond what the model reads. */
  over: boolean
  lint: CaptionLint | null
}

/**
 * Splits a text at its spans, at the end of what a model reads (`fits`, in characters) and around suspected mistakes, in order. Where
 * spans overlap, the first one keeps the words.
 */
export function pieces(text: string, spans: readonly Span[], fits = Infinity, marks: readonly LintMark[] = []): Piece[] {
  const shown: Span[] = []
  for (const span of [...spans].sort((a, b) => a.start - b.start))
    if (span.end <= text.length && span.start >= (shown.at(-1)?.end ?? 0)) shown.push(span)
  const cuts = new Set([0, text.length, ...shown.flatMap((s) => [s.start, s.end]), ...marks.flatMap((m) => [m.start, m.end])])
  if (fits < text.length) cuts.add(fits)
  const at = [...cuts].sort((a, b) => a - b)
  return at.slice(0, -1).map((start, i) => ({
    text: text.slice(start, at[i + 1]),
    start,
    span: shown.find((s) => s.start <= start && start < s.end) ?? null,
    over: start >= fits,
    lint: marks.find((m) => m.start <= start && start < m.end)?.kind ?? null,
  }))
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
export interface Word {
  text: string
  start: number
  end: number
}
export const wordsOf = (text: string): Word[] =>
  [...segmenter.segment(text)]
    .filter((s) => s.isWordLike)
    .map((s) => ({ text: s.segment, start: s.index, end: s.index + s.segment.length }))
export const wordCount = (text: string) => wordsOf(text).length

/** The whole words that a range touches; null if it touches none. */
export function wordsAround(text: string, start: number, end: number): { start: number; end: number } | null {
  const touched = wordsOf(text).filter((w) => w.start < end && w.end > start)
  const [first, last] = [touched[0], touched.at(-1)]
  return first && last ? { start: first.start, end: last.end } : null
}

/** The spans of a rewritten text: those whose words still occur after the previous span, moved to their new place. */
export function carriedSpans(before: string, after: string, spans: readonly Span[]): Span[] {
  const out: Span[] = []
  let from = 0
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    const at = after.indexOf(before.slice(span.start, span.end), from)
    if (at < 0) continue
    from = at + span.end - span.start
    out.push({ ...span, start: at, end: from })
  }
  return out
}

/**
 * Words that name a region of the image, as spans: a label's name if exactly one region has that label, or its plural if several do. Which
 * of several regions a singular means is ambiguous, so that is left to the person; so are words within a longer matching name.
 */
export function namedRegions(text: string, regions: readonly { id: number; name: string }[]): Span[] {
  const byName = new Map<string, number[]>()
  for (const { id, name } of regions) if (name.trim()) byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), id])
  const wanted = [...byName].flatMap(([name, ids]): [string, number[]][] =>
    ids.length === 1
      ? [[name, ids]]
      : [
          [`${name}s`, ids],
          [`${name}es`, ids],
        ],
  )
  const lower = text.toLowerCase()
  const bounds = new Set(wordsOf(text).flatMap((w) => [w.start, w.end]))
  const found: Span[] = []
  for (const [name, ids] of wanted.sort(([a], [b]) => b.length - a.length))
    for (let at = lower.indexOf(name); at >= 0 && lower.length === text.length; at = lower.indexOf(name, at + 1)) {
      const end = at + name.length
      if (bounds.has(at) && bounds.has(end) && !found.some((s) => s.start < end && s.end > at)) found.push({ start: at, end, regions: ids })
    }
  return found.sort((a, b) => a.start - b.start)
}

/** Parses 'name = value'; a name alone means true. Null if there is no name. */
export function parseAttribute(text: string): { name: string; value: string | number | boolean } | null {
  const at = text.indexOf('=')
  const [name, value] = at < 0 ? [text.trim(), 'true'] : [text.slice(0, at).trim(), text.slice(at + 1).trim()]
  if (!name) return null
  const number = value !== '' && Number.isFinite(Number(value)) ? Number(value) : null
  return { name, value: value === 'true' ? true : value === 'false' ? false : (number ?? value) }
}

export type CaptionLint = 'empty' | 'spaces' | 'ends' | 'duplicate' | 'repeated' | 'script'
export interface LintMark {
  kind: CaptionLint
  start: number
  end: number
}

const japanese = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u
const latin = /\p{Script=Latin}/u

/** The share of a text's letters that are Japanese. */
function japaneseShare(text: string): number {
  const letters = [...text.replace(/[^\p{L}]/gu, '')]
  return letters.length ? letters.filter((c) => japanese.test(c)).length / letters.length : 0
}

/** The language to mark a text with: the given one, unless the script says otherwise. */
export function languageOf(text: string, otherwise: string): string {
  const share = japaneseShare(text)
  if (share > 0.5) return 'ja'
  return share === 0 && otherwise === 'ja' && latin.test(text) ? 'en' : otherwise
}

/** Suspected mistakes and where they are; if a mistake has no single place, the mark covers the whole text. */
export function lintMarks(text: string, others: readonly string[], language: string | null): LintMark[] {
  const whole = (kind: CaptionLint): LintMark => ({ kind, start: 0, end: 0 })
  if (!text.trim()) return text ? [whole('empty')] : []
  const found: LintMark[] = []
  for (const m of text.trim().matchAll(/\s{2,}/g)) {
    const start = m.index + text.length - text.trimStart().length
    found.push({ kind: 'spaces', start, end: start + m[0].length })
  }
  if (text !== text.trim()) found.push(whole('ends'))
  const words = wordsOf(text)
  for (const [i, word] of words.entries()) {
    const last = words[i - 1]
    if (
      last &&
      latin.test(word.text) &&
      last.text.toLowerCase() === word.text.toLowerCase() &&
      /^\s+$/.test(text.slice(last.end, word.start))
    )
      found.push({ kind: 'repeated', start: word.start, end: word.end })
  }
  if (others.some((o) => o.trim().toLowerCase() === text.trim().toLowerCase())) found.push(whole('duplicate'))
  const share = japaneseShare(text)
  if ((language === 'ja' && share === 0) || (language === 'en' && share > 0.5)) found.push(whole('script'))
  return found
}

export const lintCaption = (text: string, others: readonly string[], language: string | null = null): CaptionLint[] => [
  ...new Set(lintMarks(text, others, language).map((m) => m.kind)),
]
