import type { annotationSentences } from '#shared/sentences/annotations.ts'

export const annotationJa: Record<keyof typeof annotationSentences, string> = {}
