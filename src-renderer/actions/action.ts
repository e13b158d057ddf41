/** Actions are records in the `*.actions.ts` files of their features; the palette, shortcuts, menus and lists are built from them. */
import type { Words } from '#shared/model/words.ts'

export const groups = ['go', 'project', 'tools', 'edit', 'view', 'label', 'review', 'images', 'models', 'window'] as const
export type Group = (typeof groups)[number]

export interface Action {
  readonly id: string
  readonly group: Group
  readonly title: Words
  /** Default chords, written 'Ctrl+Shift+Z'; Ctrl stands for Command on a Mac as well. */
  readonly keys?: readonly string[]
  /** Used on a Mac instead, where the default chords have another meaning. */
  readonly macKeys?: readonly string[]
  /** Actions may share a key: the first one that has something to do handles it. Higher ranks are asked first; the default is 0. */
  readonly rank?: number
  /** Whether it can run now. */
  available(): boolean
  /** Returns false if it had nothing to do, so that another action on the same key may run. */
  run(): unknown
}

export interface ActionFile {
  /** Within a group, lists show actions in ascending order of their files. */
  readonly order: number
  readonly actions: readonly Action[]
}

/** The default export of a `*.actions.ts` file. */
export const defineActions = (order: number, actions: readonly Action[]): ActionFile => ({ order, actions })
