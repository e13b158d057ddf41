/*
 * A tokenizer brings its own regular expressions, and a backtracking engine can take exponential time: (a+)+$ doubles
 * its time with every letter. Only expressions that provably match without backtracking are accepted; those of CLIP,
 * GPT-2, GPT-4, Llama and Qwen qualify.
 */

const ATOM = /\\[pP]\{[^}]*\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^\dgkKRXxupP]|\[\^?(?:\\.|\[:\^?\w+:\]|[^\\[\]])+\]|[^\\[\](){}|*+?]/suy
const QUANTIFIER = /([?*+])[?+]?|\{(\d*)(?:(,)(\d*))?\}(?![?+*{])/y
/** The content of a group: alternatives of characters, without repetition. */
const PLAIN = new RegExp(`(?:${ATOM.source}|\\|)*`, 'suy')
const GROUP = /\((?:\?(?:[ims]*:|>)|(?!\?))/y
/** Alternatives that do backtrack, but over a single run of white space at most. */
const SPACES = [String.raw`\s+(?!\S)`, String.raw`\s*[\r\n]+`, String.raw`\s*[\r\n]`]
const LONGEST = 2000
const MOST_REPEATS = 32
/** Limit on the number of ways to match the bounded part of an alternative at one position. */
const MOST_WAYS = 256

/**
 * Whether a regular expression (Oniguruma syntax of Rust's `tokenizers`) runs in time linear in the text. In each
 * alternative, only single character classes are repeated without bound, not groups, and whatever follows is
 * optional, so that the alternative cannot fail after the repetition.
 */
export function isLinear(pattern: string): boolean {
  if (pattern.length > LONGEST) return false
  for (let at = 0; ; at++) {
    const space = SPACES.find((s) => pattern.startsWith(s, at) && /^(\||$)/.test(pattern.slice(at + s.length)))
    at = space ? at + space.length : alternative(pattern, at)
    if (at === pattern.length) return true
    if (pattern[at] !== '|') return false
  }
}

/** End index of the alternative that starts at `at`; −1 if it does not have the accepted form. */
function alternative(pattern: string, at: number): number {
  let endless = false
  let ways = 1
  while (at < pattern.length && pattern[at] !== '|') {
    const group = match(GROUP, pattern, at)
    if (group) {
      const plain = match(PLAIN, pattern, at + group[0].length)!
      ways *= plain[0].split('|').length
      at += group[0].length + plain[0].length
      if (pattern[at++] !== ')') return -1
    } else {
      const atom = match(ATOM, pattern, at)
      if (!atom) return -1
      at += atom[0].length
    }
    const [quantifier = '', sign, from, comma, to] = match(QUANTIFIER, pattern, at) ?? []
    at += quantifier.length
    const least = sign ? Number(sign === '+') : Number(from ?? 1)
    const most = sign ? (sign === '?' ? 1 : Infinity) : comma ? (to ? Number(to) : Infinity) : least
    if (endless && least > 0) return -1 // a failure after the repetition would backtrack one character at a time
    if (least > MOST_REPEATS || (group && most > 1)) return -1
    if (most === Infinity) endless = true
    else if (most > MOST_REPEATS || (ways *= most - least + 1) > MOST_WAYS) return -1
  }
  return at
}

function match(sticky: RegExp, text: string, at: number): RegExpExecArray | null {
  sticky.lastIndex = at
  return sticky.exec(text)
}
