/** Translates why a file was skipped or cannot be read: the application reports the reason in English. */
import { spoken } from './index.ts'

export const reasonWords = (reason: string): string => spoken().reason?.(reason) ?? reason
