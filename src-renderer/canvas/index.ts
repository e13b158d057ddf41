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
export { CanvasEditor, type EditorOptions } from './editor.ts'
export { mountCanvas, type CanvasStage } from './fabric/stage.ts'
export {
  actionsFor,
  appActions,
  canvasActions,
  chordOf,
  defaultShortcuts,
  isTextField,
  worksInText,
  type Action,
  type AppActionId,
  type CanvasAction,
  type Shortcuts,
  type KeyLike,
} from './shortcuts.ts'
export {
  defaultSettings,
  toolNames,
  type CanvasChange,
  type CanvasImage,
  type CanvasSettings,
  type Point,
  type RegionChange,
  type RegionEdit,
  type RegionId,
  type ToolName,
} from './types.ts'
export { invertEdit } from './edits.ts'
