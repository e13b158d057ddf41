/** What this process may do with a file or folder. */
import { accessSync, constants } from 'node:fs'

const permits = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}

export const isReadable = (path: string): boolean => permits(path, constants.R_OK)
export const isWritable = (path: string): boolean => permits(path, constants.W_OK)
