import type { projectSentences } from '#shared/sentences/projects.ts'

export const projectJa: Record<keyof typeof projectSentences, string> = {}
