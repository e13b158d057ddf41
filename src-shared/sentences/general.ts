/** Sentences that wrap others, and general ones. */
export const generalSentences = {
  'in-file': '{file}: {problem}',
  'in-field': '{field}: {problem}',
  /** English in every language: the text of a library, the system or a schema. */
  'as-said': '{said}',
  cancelled: 'cancelled',
  'list.and': '{some} and {last}',
  'list.or': '{some} or {last}',
} as const
