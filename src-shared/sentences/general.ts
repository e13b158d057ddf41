/** Sentences that frame others, and those that any part of the program can say. */
export const generalSentences = {
  'in-file': '{file}: {problem}',
  'in-field': '{field}: {problem}',
  /** English in every language: a library, the system or a schema said it. */
  'as-said': '{said}',
  cancelled: 'cancelled',
} as const
