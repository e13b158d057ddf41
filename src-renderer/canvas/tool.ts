/** Each tool is a record in a file of its own in `tools/`; the toolbar, shortcuts, palette and hints are built from it. */
import type { Component } from 'vue'
import type { Shape } from '#shared/model/shape.ts'
import type { Words } from '#shared/model/words.ts'
import type { CanvasDocument } from './document.ts'
import type { StateAction, ToolState } from './tool-state.ts'
import type { CanvasSettings } from './types.ts'

/** Sections of the toolbar from the top: tools that look and select, draw outlines, work on pixels, measure. */
export const toolSections = ['look', 'outline', 'pixels', 'measure'] as const

/** A canvas setting shown as a slider while the tool is in use. */
export interface ToolOption {
  readonly setting: { [K in keyof CanvasSettings]: CanvasSettings[K] extends number ? K : never }[keyof CanvasSettings]
  readonly title: Words
  readonly min: number
  readonly max: number
}

/** What a hint may depend on. */
export interface ToolContext {
  /** The kind of the only selected region, if it is not locked. */
  readonly shape: Shape['kind'] | null
  readonly selected: number
  /** Whether any label has a skeleton. */
  readonly skeleton: boolean
  /** Whether a model can make masks of points. */
  readonly masks: boolean
}

export interface ToolRecord {
  /** Its action is `tool-<id>`. */
  readonly id: string
  readonly section: (typeof toolSections)[number]
  /** Its position in its section and in every list. */
  readonly order: number
  readonly title: Words
  readonly icon: Component
  /** Default chords. */
  readonly keys: readonly string[]
  /** The CSS cursor of states that define none. */
  readonly cursor: string
  /** The kinds of regions that it creates. */
  readonly makes: readonly Shape['kind'][]
  readonly options?: readonly ToolOption[]
  /** Hints for the status bar. `idle` is shown unless `hint` picks another, or none. */
  readonly hints: Readonly<Record<string, Words>>
  hint?(context: ToolContext): string | null
  /** For states of this name: the hint, if any, and the keys that they understand. */
  readonly during?: Readonly<Record<string, { hint?: string; keys: readonly StateAction[] }>>
  start(editor: CanvasDocument): ToolState
}

export const defineTool = (tool: ToolRecord): ToolRecord => tool
