/** An action is a record in a `*.actions.ts` file of the feature that it belongs to; the palette, keys, menus and lists read it. */
import type { Words } from '#shared/model/words.ts'

export const groups = ['go', 'project', 'tools', 'edit', 'view', 'label', 'review', 'images', 'models', 'window'] as const
export type Group = (typeof groups)[number]

export interface Action {
  readonly id: string
  readonly group: Group
  readonly title: Words
  /** Default chords, written 'Ctrl+Shift+Z'; Ctrl stands for Command on a Mac as well. */
  readonly keys?: readonly string[]
  /** On a Mac, where those mean something else. */
  readonly macKeys?: readonly string[]
  /** Actions may share a key: the first that has something to do takes it. Those of a higher rank are asked first; 0 unless told. */
  readonly rank?: number
  /** Can it do anything now? */
  available(): boolean
  /** Returns false if it had nothing to do, so that another action on the same key may run. */
  run(): unknown
}

export interface ActionFile {
  /** Lists show the actions of a group in the order of their files. */
  readonly order: number
  readonly actions: readonly Action[]
}

/** The default export of a `*.actions.ts` file. */
export const defineActions = (order: number, actions: readonly Action[]): ActionFile => ({ order, actions })
