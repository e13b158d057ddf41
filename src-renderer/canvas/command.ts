/** Canvas commands are records, collected in `commands/index.ts`. */
import type { Words } from '#shared/model/words.ts'
import type { CanvasDocument } from './document.ts'

/** Returns whether it had something to do. */
export type Run = (editor: CanvasDocument) => boolean

export interface CommandRecord {
  /** The group that lists show it in. */
  readonly group: 'tools' | 'edit' | 'view'
  readonly title: Words
  /** Default chords, written 'Ctrl+Shift+Z'; Ctrl stands for Command on a Mac as well. */
  readonly keys?: readonly string[]
  /** Used on a Mac instead, where the default chords have another meaning. */
  readonly macKeys?: readonly string[]
  /** It exists only while this tool is in use, and then precedes others on its keys. */
  readonly tool?: string
  /** Only while the canvas has the focus: elsewhere its keys move the focus. */
  readonly focused?: true
  readonly run: Run
}

export const defineCommands = <const Id extends string>(commands: Record<Id, CommandRecord>): Record<Id, CommandRecord> => commands
