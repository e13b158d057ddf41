/**
 * Everything for people goes to stderr, so that stdout carries one JSON document and nothing else. What the stream is, is
 * asked at each use and not once: tests and pipes put another in its place.
 */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

type Environment = Readonly<Record<string, string | undefined>>

/** Colours only for a person at a terminal who has not refused them (https://no-color.org). */
export const hasColour = (to: Terminal = process.stderr, env: Environment = process.env) =>
  Boolean(to.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb'

export const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
export type Style = keyof typeof styles

/** `text` in a style where the terminal takes colours, plain otherwise. */
export const paint = (style: Style, text: string, to?: Terminal, env?: Environment) =>
  hasColour(to, env) ? `\x1b[${styles[style]}m${text}\x1b[0m` : text

/** Columns that a text takes: styles none, East Asian wide characters and emoji two, combining marks none. */
export function textWidth(text: string): number {
  let width = 0
  for (const { segment } of graphemes.segment(text.replace(escapes, ''))) width += wide.test(segment) ? 2 : 1
  return width
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const escapes = /\x1b\[[0-9;]*m/g
const wide = /^(?:\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6])/u
