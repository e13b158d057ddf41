/** The open room and dialogs. The state is reflected in the window's address (routing/). */
import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { PageName } from '../guide/names.ts'
import type { Room } from '../routing/address.ts'

export { rooms, type Room } from '../routing/address.ts'
export type Dialog =
  | 'palette'
  | 'guide'
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
  | 'prompts'
  | 'next'

export const useShell = defineStore('shell', () => {
  const room = ref<Room>('data')
  const dialog = ref<Dialog | null>(null)
  /** Whether the number of an image to go to is being typed. */
  const goingTo = ref(false)
  /** The page of the settings that is shown. */
  const settingsTab = ref('appearance')
  /** The dialog that the guide covers; closing the guide returns to it. */
  let below: Dialog | null = null
  const guidePage = ref<PageName>('first-project')
  /** @param page of the settings; the first by default */
  function open(what: Dialog, page = 'appearance'): void {
    if (what === 'settings') settingsTab.value = page
    below = what === 'guide' && dialog.value !== 'palette' ? dialog.value : null
    dialog.value = what
  }
  function close(): void {
    dialog.value = below
    below = null
  }
  return { room, dialog, settingsTab, goingTo, guidePage, open, close }
})
