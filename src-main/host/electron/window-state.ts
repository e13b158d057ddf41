/** Remembers a window's position, unless no screen shows it any more. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { replaceText } from '../../files/atomic.ts'

const bounds = z.object({ x: z.number().int(), y: z.number().int(), width: z.number().int().min(480), height: z.number().int().min(360) })
const windowState = z.object({ bounds, maximised: z.boolean() })
export type WindowState = z.infer<typeof windowState>
type Rectangle = z.infer<typeof bounds>

export const defaultSize = { width: 1360, height: 860 }

/** null if none was saved, it is unreadable, or the window would be outside all screens. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState | null {
  try {
    const state = windowState.parse(JSON.parse(readFileSync(file, 'utf8')))
    const { x, y, width } = state.bounds
    // The title bar must be reachable.
    const reachable = screens.some((s) => x + width > s.x + 80 && x < s.x + s.width - 80 && y >= s.y - 8 && y < s.y + s.height - 40)
    return reachable ? state : null
  } catch {
    return null
  }
}

/** If it cannot be written, the window opens in the centre next time. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    replaceText(file, JSON.stringify(state))
  } catch {
    // a full or read-only disk must not keep a window from closing
  }
}
