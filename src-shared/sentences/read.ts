/**
 * Recovers sentences from their English texts: runs and jobs store their error as text, including those of earlier
 * versions.
 */
import { sentence, sentences, type Sentence, type SentenceCode } from './table.ts'

const literal = (template: string) => template.replace(/\{\w+\}/g, '').length
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
const patternOf = (template: string) =>
  new RegExp(
    `^${template
      .split(/\{\w+\}/)
      .map(escaped)
      .join('([^]+?)')}$`,
  )

/**
 * Sentences that are little more than a placeholder are excluded, since they would match anything. The most specific
 * comes first.
 */
const patterns = (Object.keys(sentences) as SentenceCode[])
  .filter((code) => literal(sentences[code]) > 3)
  .sort((a, b) => literal(sentences[b]) - literal(sentences[a]))
  .map((code) => ({
    code,
    names: [...sentences[code].matchAll(/\{(\w+)\}/g)].map((m) => m[1]!),
    pattern: patternOf(sentences[code]),
  }))

function whole(text: string): Sentence | undefined {
  for (const { code, names, pattern } of patterns) {
    const found = pattern.exec(text)
    if (found) return { code, params: Object.fromEntries(names.map((name, i) => [name, sentenceIn(found[i + 1]!) ?? found[i + 1]!])) }
  }
  return undefined
}

/** The sentence whose English text this is; undefined if there is none. */
export function sentenceIn(text: string): Sentence | undefined {
  const read = whole(text)
  if (read) return read
  // A file before a problem. Both may contain colons, so each position is tried.
  for (let at = text.indexOf(': '); at > 0; at = text.indexOf(': ', at + 1)) {
    const problem = whole(text.slice(at + 2))
    if (problem) return sentence('in-file', { file: text.slice(0, at), problem })
  }
  return undefined
}
