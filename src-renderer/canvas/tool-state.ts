/**
 * A tool is a state machine. A state is an object created when it is entered; it answers each event with the next state, or with nothing
 * to stay. Its overlay and cursor are derived from it and vanish with it.
 */
import type { CanvasDocument } from './document.ts'
import type { Overlay, PointerInfo } from './types.ts'

/** States receive keys as their meanings, so that keys can be remapped. */
export const stateActions = [
  'confirm',
  'cancel',
  'remove-last',
  'delete',
  'undo',
  'redo',
  'mask-include',
  'mask-exclude',
  'mask-next',
  'mask-previous',
] as const
export type StateAction = (typeof stateActions)[number]

/** The state has finished: the tool returns to its initial state. */
export const done = Symbol('done')

/** Where an event leads: to another state, to the tool's initial state, or nowhere. */
export type Next = ToolState | typeof done | undefined
/** The answer to a key. True: handled. False: not handled, so the editor or the application may handle it. */
export type Answer = ToolState | typeof done | boolean

export abstract class ToolState {
  /** The tool and the name of the state, such as 'polygon.drawing'. */
  abstract readonly path: string
  constructor(protected readonly editor: CanvasDocument) {}

  /** Undefined: use the tool's cursor. */
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
  /** What the state asked the application for is there. */
  onAnswer(): Next {
    return undefined
  }
  /** Called when the tool or image changes: finish or drop whatever is in progress. */
  onExit(): void {}
}

/** The base of all gestures: they end when the button is released, and cancelling them leaves no trace. */
export abstract class DragState extends ToolState {
  protected abstract complete(): Next
  /** Called when the gesture is cancelled. */
  protected dropped(): Next {
    return done
  }
  override onPointerUp(): Next {
    return this.complete()
  }
  override onAction(action: StateAction): Answer {
    // Nothing else may change the document during a gesture.
    return action === 'cancel' ? (this.dropped() ?? true) : true
  }
}
