export interface Detected {
  /** ISO 639-1; null if the text is too short to tell. */
  readonly language: string | null
  /** How well the text fits a language, 0 to 1, on the detector's scale. */
  score(language: string): number
}

/** Below this number of words (or characters, for scripts without spaces) a guess is unreliable. */
const [fewWords, fewCharacters] = [4, 20]

export type Detect = (text: string) => Detected

/** The detector. Loaded on demand, since its n-grams take a second to load. */
export async function languageDetector(): Promise<Detect> {
  const { eld } = await import('eld/medium')
  return (text) => detectLanguage(text, (latin) => eld.detect(latin))
}

interface Guess {
  readonly language: string
  getScores(): Record<string, number>
  isReliable(): boolean
}

/**
 * The language of a caption, by ELD's n-grams. An unambiguous script decides: kana is Japanese, Hangul Korean; Han
 * characters alone may be Chinese or Japanese, so short ones are undecided.
 */
function detectLanguage(text: string, guess: (text: string) => Guess): Detected {
  const only = (language: string): Detected => ({ language, score: (l) => Number(l === language) })
  const open: Detected = { language: null, score: () => 0 }
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return only('ja')
  if (/\p{Script=Hangul}/u.test(text)) return only('ko')
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0
  if (han && han >= letters / 2) return han < 6 ? open : only('zh')
  const words = text.match(/\p{L}+/gu)?.length ?? 0
  if (words < fewWords || letters < fewCharacters) return open
  const result = guess(text)
  if (!result.language || !result.isReliable()) return open
  const scores = result.getScores()
  return { language: result.language, score: (l) => scores[l] ?? 0 }
}

/**
 * Whether the text is certainly in another language than `expected`, a language tag of which only the language is
 * compared.
 */
export function contradicts(detected: Detected, expected: string): boolean {
  const language = expected.split('-')[0]!.toLowerCase()
  if (detected.language === null || detected.language === language) return false
  // Han characters do not rule out Japanese; related languages (sv, da, no) score within a few hundredths of each
  // other.
  if (detected.language === 'zh' && language === 'ja') return false
  return detected.score(language) < 0.86 * detected.score(detected.language)
}
