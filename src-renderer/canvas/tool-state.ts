/**
 * A tool is a state machine; a state is an object that is made when it is entered and answers each event with the state to go
 * to, or with nothing to stay. What a state shows (overlay, cursor) is derived from it and vanishes with it.
 */
import type { CanvasDocument } from './document.ts'
import type { Overlay, PointerInfo } from './types.ts'

/** Keys reach a state as what they mean, so that they can be remapped. */
export type StateAction = 'confirm' | 'cancel' | 'remove-last' | 'delete' | 'undo' | 'redo'

/** The state has finished: the tool returns to its initial state. */
export const done = Symbol('done')

/** Where an event leads: to another state, back to the tool's start, or nowhere. */
export type Next = ToolState | typeof done | undefined
/** The answer to a key. True: handled; false: not handled, so that the editor or the application may. */
export type Answer = ToolState | typeof done | boolean

export abstract class ToolState {
  /** The tool and the state's own name: 'polygon.drawing'. */
  abstract readonly path: string
  constructor(protected readonly editor: CanvasDocument) {}

  /** Undefined: the tool's own. */
  get cursor(): string | undefined {
    return undefined
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
  /** The view moved, so the pointer is now over another pixel. */
  onViewMove(e: PointerInfo): Next {
    return this.onPointerMove(e)
  }
  onPointerUp(_e: PointerInfo): Next {
    return undefined
  }
  onAction(_action: StateAction): Answer {
    return false
  }
  /** Called when the tool or image changes: finish or drop whatever is in progress. */
  onExit(): void {}
}

/** Shared by all gestures: they end when the button is released, and cancelling them leaves no trace. */
export abstract class DragState extends ToolState {
  protected abstract complete(): Next
  /** Cancelled. */
  protected dropped(): Next {
    return done
  }
  override onPointerUp(): Next {
    return this.complete()
  }
  override onAction(action: StateAction): Answer {
    // Nothing else may change the document under a gesture.
    return action === 'cancel' ? (this.dropped() ?? true) : true
  }
}
