/**
 * Recovers sentences from their English texts: runs and jobs store their error as text, including those of earlier
 * versions, and schemas say what they object to.
 */
import { sentence, sentences, type Sentence, type SentenceCode } from './table.ts'

const literal = (template: string) => template.replace(/\{\w+\}/g, '').length
const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
/** A leading file or field ends at its colon, so that a path in front of it is not taken for a part of it. */
const patternOf = (template: string) => {
  const all = template
    .split(/\{\w+\}/)
    .map(escaped)
    .join('([^]+?)')
  return new RegExp(`^${/^\{\w+\}: /.test(template) ? all.replace('([^]+?)', '((?:(?!: )[^])+?)') : all}$`)
}

/** Not those that are little more than a placeholder, which would match anything, nor the words for types and kinds of shapes. */
export const isRecovered = (code: SentenceCode): boolean => literal(sentences[code]) > 6 && !/^(type|kind)\./.test(code)

interface Pattern {
  readonly code: SentenceCode
  readonly names: readonly string[]
  readonly pattern: RegExp
}
/** The most specific first. Made when first needed: most programs never read a text. */
let made: readonly Pattern[] | undefined
const patterns = () =>
  (made ??= (Object.keys(sentences) as SentenceCode[])
    .filter(isRecovered)
    .sort((a, b) => literal(sentences[b]) - literal(sentences[a]))
    .map((code) => ({
      code,
      names: [...sentences[code].matchAll(/\{(\w+)\}/g)].map((m) => m[1]!),
      pattern: patternOf(sentences[code]),
    })))

/** The type that a schema expects or received; other words stay as they are. */
function typeWord(word: string): Sentence | undefined {
  const code = `type.${word.toLowerCase()}`
  return Object.hasOwn(sentences, code) ? { code: code as SentenceCode, params: {} } : undefined
}

function whole(text: string): Sentence | undefined {
  for (const { code, names, pattern } of patterns()) {
    const found = pattern.exec(text)
    if (!found) continue
    const param = (part: string) => (code.startsWith('schema.') ? typeWord(part) : sentenceIn(part)) ?? part
    return { code, params: Object.fromEntries(names.map((name, i) => [name, param(found[i + 1]!)])) }
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
