/** Which room is open, and what lies over it. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export const rooms = ['data', 'label', 'train', 'compare', 'merge'] as const
export type Room = (typeof rooms)[number]
export type Dialog = 'palette' | 'help' | 'settings' | 'import' | 'export' | 'snapshots' | 'labels' | 'folder' | 'bulk' | 'links' | 'about' | 'dropped'

/** `#/label/123`: where a window that is loaded again finds itself. */
export function parseHash(hash: string): { room: Room; image: number | null } {
  const [, room, image] = hash.split('/')
  return { room: rooms.find((r) => r === room) ?? 'data', image: /^[1-9]\d{0,14}$/.test(image ?? '') ? Number(image) : null }
}

export const useShell = defineStore('shell', () => {
  const room = ref<Room>(parseHash(location.hash).room)
  const dialog = ref<Dialog | null>(null)

  function setHash(image: number | null): void {
    history.replaceState(null, '', `#/${room.value}${image === null ? '' : `/${image}`}`)
  }
  // At once: whoever goes to a room and then names its image is not to be forgotten.
  watch(room, () => setHash(null), { flush: 'sync' })
  const open = (what: Dialog) => (dialog.value = what)
  const close = () => (dialog.value = null)
  return { room, dialog, open, close, setHash }
})
