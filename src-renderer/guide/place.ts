/** Which page of the guide fits what the window shows. */
import type { Dialog, Room } from '../stores/shell.ts'
import type { PageName } from './names.ts'

const ofRooms: Readonly<Record<Room, PageName>> = {
  data: 'first-project',
  label: 'label',
  train: 'tune',
  compare: 'compare-and-merge',
  merge: 'compare-and-merge',
  models: 'tune',
}
const ofDialogs: Partial<Record<Dialog, PageName>> = {
  import: 'terminal-and-formats',
  export: 'terminal-and-formats',
  dropped: 'terminal-and-formats',
  labels: 'label',
  templates: 'label',
}
export interface Place {
  /** null: no project is open. */
  room: Room | null
  dialog: Dialog | null
  /** Whether proposals or doubtful labels are being reviewed. */
  judging: boolean
}
export function pageFor({ room, dialog, judging }: Place): PageName {
  const ofDialog = dialog === null ? undefined : ofDialogs[dialog]
  if (ofDialog) return ofDialog
  if (judging) return 'propose'
  return room === null ? 'first-project' : ofRooms[room]
}
