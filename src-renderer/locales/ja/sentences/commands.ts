import type { commandSentences } from '#shared/sentences/commands.ts'

export const commandJa: Record<keyof typeof commandSentences, string> = {}
