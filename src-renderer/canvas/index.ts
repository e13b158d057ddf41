/**
 * The labelling canvas, as the shell sees it:
 *
 *   const editor = new CanvasEditor({ author: () => me, onEdit: (edit) => save(edit) })
 *   const stage = mountCanvas(element, editor)              // the one thing that needs a DOM; stage.dispose() takes it down
 *   editor.setLabels(labels); editor.open(image, regions)   // again for each image; tool, settings and clipboard stay
 *   editor.subscribe((what) => …)                           // what.has('selection') …; read the editor's fields afresh
 *   editor.execute('undo') || app.undo()                    // false: the canvas had nothing to do for this action
 *
 * A new region has a negative id until `editor.rename(temporary, saved)`; `editor.receive(changes)` shows what the
 * application did by itself (undo, redo, another window) without telling `onEdit`.
 */
export { CanvasEditor, type CanvasAction } from './editor.ts'
export type { EditorOptions } from './document.ts'
export { mountCanvas, type CanvasStage } from './fabric/stage.ts'
export { chordOf, isTextField, type KeyLike } from './keyboard.ts'
export { commands, type CanvasCommand } from './commands/index.ts'
export { counted } from './commands/change.ts'
export type { MaskCandidate, MaskPrompt } from './mask-maker.ts'
export { tools, toolOf } from './tools.ts'
export type { ToolContext, ToolOption, ToolRecord } from './tool.ts'
export {
  bounds,
  defaultSettings,
  type CanvasChange,
  type CanvasImage,
  type CanvasSettings,
  type Ghost,
  type Point,
  type RegionChange,
  type RegionEdit,
  type RegionId,
} from './types.ts'
export { invertEdit } from './edits.ts'
