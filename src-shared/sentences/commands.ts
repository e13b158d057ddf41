/** What the terminal answers where an option or an argument is wrong. */
export const commandSentences = {} as const
