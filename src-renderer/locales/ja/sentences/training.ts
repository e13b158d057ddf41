import type { trainingSentences } from '#shared/sentences/training.ts'

export const trainingJa: Record<keyof typeof trainingSentences, string> = {}
