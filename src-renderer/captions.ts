/** Captions as text: their pieces, their words, what looks wrong with them. */
import type { Span } from '#shared/model/caption.ts'

/** The text cut at its spans, in order. Where spans overlap, the first keeps the words. */
export function pieces(text: string, spans: readonly Span[]): { text: string; span: Span | null }[] {
  const out: { text: string; span: Span | null }[] = []
  let at = 0
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.start < at || span.end > text.length) continue
    if (span.start > at) out.push({ text: text.slice(at, span.start), span: null })
    out.push({ text: text.slice(span.start, span.end), span })
    at = span.end
  }
  if (at < text.length) out.push({ text: text.slice(at), span: null })
  return out
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
const words = (text: string) => [...segmenter.segment(text)].filter((s) => s.isWordLike)
export const wordCount = (text: string) => words(text).length

/** The whole words that a range touches; null where it touches none. */
export function wordsAround(text: string, start: number, end: number): { start: number; end: number } | null {
  const touched = words(text).filter((w) => w.index < end && w.index + w.segment.length > start)
  const [first, last] = [touched[0], touched.at(-1)]
  return first && last ? { start: first.index, end: last.index + last.segment.length } : null
}

export type CaptionLint = 'empty' | 'spaces' | 'ends' | 'duplicate' | 'long'
/** CLIP's context of 77 tokens holds about so many English words. */
const longest = 55

export function lintCaption(text: string, others: readonly string[]): CaptionLint[] {
  const found: CaptionLint[] = []
  if (!text.trim()) return text ? ['empty'] : []
  if (/\s{2,}/.test(text.trim())) found.push('spaces')
  if (text !== text.trim()) found.push('ends')
  if (others.some((o) => o.trim().toLowerCase() === text.trim().toLowerCase())) found.push('duplicate')
  if (wordCount(text) > longest) found.push('long')
  return found
}
