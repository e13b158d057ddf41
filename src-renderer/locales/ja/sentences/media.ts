import type { mediaSentences } from '#shared/sentences/media.ts'

export const mediaJa: Record<keyof typeof mediaSentences, string> = {}
