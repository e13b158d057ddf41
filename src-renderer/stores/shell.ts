/** Which room is open, and what lies over it. Where it is, is written in the window's address (routing/). */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Room } from '../routing/address.ts'

export { rooms, type Room } from '../routing/address.ts'
export type Dialog =
  | 'palette'
  | 'help'
  | 'settings'
  | 'import'
  | 'export'
  | 'snapshots'
  | 'labels'
  | 'folder'
  | 'bulk'
  | 'relabel'
  | 'links'
  | 'about'
  | 'dropped'
  | 'templates'

export const useShell = defineStore('shell', () => {
  const room = ref<Room>('data')
  const dialog = ref<Dialog | null>(null)
  /** The number of an image is being typed, to go to it. */
  const goingTo = ref(false)
  const open = (what: Dialog) => (dialog.value = what)
  const close = () => (dialog.value = null)
  return { room, dialog, goingTo, open, close }
})
