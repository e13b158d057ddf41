/*
 * A tokenizer brings its own regular expressions, and a backtracking engine can take longer for one of them than anybody
 * waits: (a+)+$ doubles its time with every letter. Only expressions of a form that is matched without giving back what was
 * taken are run; those of CLIP, GPT-2, GPT-4, Llama and Qwen are of it.
 */

const ATOM = /\\[pP]\{[^}]*\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^\dgkKRXxupP]|\[\^?(?:\\.|\[:\^?\w+:\]|[^\\[\]])+\]|[^\\[\](){}|*+?]/suy
const QUANTIFIER = /([?*+])[?+]?|\{(\d*)(?:(,)(\d*))?\}(?![?+*{])/y
/** What may stand in a group: alternatives of characters, none repeated. */
const PLAIN = new RegExp(`(?:${ATOM.source}|\\|)*`, 'suy')
const GROUP = /\((?:\?(?:[ims]*:|>)|(?!\?))/y
/** Alternatives that do give back, but one run of white space at most. */
const SPACES = [String.raw`\s+(?!\S)`, String.raw`\s*[\r\n]+`, String.raw`\s*[\r\n]`]
const LONGEST = 2000
const MOST_REPEATS = 32
/** In how many ways the bounded part of an alternative may be tried at one place. */
const MOST_WAYS = 256

/**
 * Whether a regular expression (of Rust's `tokenizers`, Oniguruma's syntax) takes time in proportion to the text. In each
 * alternative, what is repeated without bound is one character of a kind, not a group, and what follows it may be absent,
 * so that the alternative cannot fail after it.
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

/** Where the alternative that begins at `at` ends; −1 where it is of another form. */
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
    if (endless && least > 0) return -1 // it could fail after it, and give back one by one
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
