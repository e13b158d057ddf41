/// <reference types="vite/types/importMeta.d.ts" />
/** All actions by id, for the palette, shortcuts and menus. */
import type { Action, ActionFile } from './action.ts'

const found = import.meta.glob<ActionFile>(['./*.actions.ts', '../views/**/*.actions.ts'], { import: 'default', eager: true })
export const actionFiles: readonly ActionFile[] = Object.values(found).sort((a, b) => a.order - b.order)

export const actions: ReadonlyMap<string, Action> = new Map(
  actionFiles.flatMap((file) => file.actions).map((action) => [action.id, action]),
)
