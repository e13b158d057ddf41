/** What a language of the program is: one record in one file or folder, registered in ./index.ts. */
import type { SentenceCode } from '../sentences/table.ts'
import type { EnglishWords } from './en/index.ts'
import type { Partly, Translated } from './tables.ts'

export type LocaleWords = Translated<EnglishWords>

interface Common {
  /** BCP 47, for example `ja` or `pt-BR`. */
  readonly id: string
  /** What its speakers call it. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  /** For those who work on the program: not listed in the settings of a release, but `?locale=` brings it. */
  readonly developing?: boolean
  /** What errors say, by their codes (src-shared/sentences). */
  readonly sentences?: { readonly [C in SentenceCode]?: string }
  /** What is shown where a word or a sentence is missing. By default the English one. */
  otherwise?(english: string): string
  /** Which of the `forms` of 'one | many' a count takes, from 0. By default: the first for one, the second for any other count. */
  plural?(count: number, forms: number): number
  /** A change in the history, whose name the journal keeps in English ('move 3 regions'). By default that name. */
  change?(action: string): string
  /** Why a file was left out, which reports keep in English. By default that text. */
  reason?(reason: string): string
  /** Texts of records by kind, id and field: `{ merge: { uniform: { title: '…' } } }`. They win over the record's own. */
  readonly records?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>
}

/** `complete`: nothing is missing, which the compiler and a test hold it to. */
export type Locale = Common &
  ({ readonly complete: true; readonly words: LocaleWords } | { readonly complete: false; readonly words: Partly<EnglishWords> })
