/**
 * A tool is a state machine; a state is an object that is made when it is entered and answers each event with the state to go
 * to, or with nothing to stay. What a state shows (overlay, cursor) is derived from it and vanishes with it.
 */
import type { CanvasEditor } from '../editor.ts'
import type { Overlay, PointerInfo, ToolName } from '../types.ts'

/** Keys reach a state as what they mean, so that they can be remapped. */
export type StateAction = 'confirm' | 'cancel' | 'remove-last' | 'delete' | 'undo' | 'redo'

export type Next = ToolState | undefined

export abstract class ToolState {
  /** 'polygon.drawing' */
  abstract readonly path: string
  constructor(protected readonly editor: CanvasEditor) {}

  get cursor(): string {
    return 'crosshair'
  }
  overlay(): Overlay {
    return {}
  }
  onPointerDown(_e: PointerInfo): Next {
    return undefined
  }
  onPointerMove(_e: PointerInfo): Next {
    return undefined
  }
  /** The view moved under the pointer, which now stands over another pixel. */
  onViewMove(e: PointerInfo): Next {
    return this.onPointerMove(e)
  }
  onPointerUp(_e: PointerInfo): Next {
    return undefined
  }
  /** True: dealt with; false: nothing to do here, so that it may mean something to the editor or the application. */
  onAction(_action: StateAction): ToolState | boolean {
    return false
  }
  /** The tool is being left or the image closed: whatever was begun is finished or dropped. */
  onExit(): void {}
}

/** What all gestures share: they end when the button is released, and cancelling them leaves no trace. */
export abstract class DragState extends ToolState {
  protected abstract idle(): ToolState
  protected abstract complete(): Next
  override onPointerUp(): Next {
    return this.complete()
  }
  override onAction(action: StateAction): ToolState | boolean {
    // Nothing else may change the document under a gesture.
    return action === 'cancel' ? this.idle() : true
  }
}

export interface Tool {
  name: ToolName
  start(editor: CanvasEditor): ToolState
}
