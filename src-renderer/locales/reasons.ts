/** Why a file was not taken or cannot be read: the application says it in English, a window in its own language. */
import { spoken } from './index.ts'

export const reasonWords = (reason: string): string => spoken().reason?.(reason) ?? reason
