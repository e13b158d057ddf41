import type { engineSentences } from '#shared/sentences/engine.ts'

export const engineJa: Record<keyof typeof engineSentences, string> = {}
