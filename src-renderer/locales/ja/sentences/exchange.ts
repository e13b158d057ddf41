import type { exchangeSentences } from '#shared/sentences/exchange.ts'

export const exchangeJa: Record<keyof typeof exchangeSentences, string> = {}
