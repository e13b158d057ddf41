/** A tool is one record in a file of its own in `tools/`; the toolbar, keys, palette, lists of shortcuts and hints read it. */
import type { Component } from 'vue'
import type { Shape } from '#shared/model/shape.ts'
import type { Words } from '#shared/model/words.ts'
import type { CanvasDocument } from './document.ts'
import type { StateAction, ToolState } from './tool-state.ts'
import type { CanvasSettings } from './types.ts'

/** The toolbar's sections, from the top: tools that look and choose, that draw outlines, that work on pixels, that measure. */
export const toolSections = ['look', 'outline', 'pixels', 'measure'] as const

/** A setting of the canvas that is shown as a slider while the tool is in use. */
export interface ToolOption {
  readonly setting: { [K in keyof CanvasSettings]: CanvasSettings[K] extends number ? K : never }[keyof CanvasSettings]
  readonly title: Words
  readonly min: number
  readonly max: number
}

/** What a hint may depend on. */
export interface ToolContext {
  /** Of the only region selected, if it is not locked. */
  readonly shape: Shape['kind'] | null
  readonly selected: number
  /** Is there a label with a skeleton to draw? */
  readonly skeleton: boolean
}

export interface ToolRecord {
  /** Its action is `tool-<id>`. */
  readonly id: string
  readonly section: (typeof toolSections)[number]
  /** Its place in its section and in every list. */
  readonly order: number
  readonly title: Words
  readonly icon: Component
  /** Default chords. */
  readonly keys: readonly string[]
  /** The CSS cursor of states that have none of their own. */
  readonly cursor: string
  /** Kinds of regions that it makes. */
  readonly makes: readonly Shape['kind'][]
  readonly options?: readonly ToolOption[]
  /** Lines for the status bar. `idle` is shown unless `hint` names another, or none. */
  readonly hints: Readonly<Record<string, Words>>
  hint?(context: ToolContext): string | null
  /** While a state of this name is at work: its hint, if it has one, and the keys that it understands. */
  readonly during?: Readonly<Record<string, { hint?: string; keys: readonly StateAction[] }>>
  start(editor: CanvasDocument): ToolState
}

export const defineTool = (tool: ToolRecord): ToolRecord => tool
