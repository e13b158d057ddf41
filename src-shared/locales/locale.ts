/** A language of the program: one record in one file or folder, registered in ./index.ts. */
import type { SentenceCode } from '../sentences/table.ts'
import type { EnglishWords } from './en/index.ts'
import type { Partly, Translated } from './tables.ts'

export type LocaleWords = Translated<EnglishWords>

interface Common {
  /** BCP 47 tag, for example `ja` or `pt-BR`. */
  readonly id: string
  /** Its name in the language itself. */
  readonly name: string
  readonly direction: 'ltr' | 'rtl'
  /** For developers: not listed in a release's settings, but available by `?locale=`. */
  readonly developing?: boolean
  /** Error messages by code (src-shared/sentences). */
  readonly sentences?: { readonly [C in SentenceCode]?: string }
  /** The fallback for a missing word or sentence. By default the English text. */
  otherwise?(english: string): string
  /**
   * Which of the `forms` of 'one | many' applies to a count, from 0. By default the first for 1, the second
   * otherwise.
   */
  plural?(count: number, forms: number): number
  /**
   * Translates a change in the history, which the journal names in English ('move 3 regions'). By default unchanged.
   */
  change?(action: string): string
  /**
   * Texts of records by kind, id and field: `{ merge: { uniform: { title: '…' } } }`. They override the record's own.
   */
  readonly records?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>
}

/** `complete`: nothing is missing, as enforced by the compiler and a test. */
export type Locale = Common &
  ({ readonly complete: true; readonly words: LocaleWords } | { readonly complete: false; readonly words: Partly<EnglishWords> })
