import type { servingSentences } from '#shared/sentences/serving.ts'

export const servingJa: Record<keyof typeof servingSentences, string> = {}
