import { boxOfCorners } from '#shared/geometry/box.ts'
import { converted } from '#shared/geometry/convert.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import { distance } from '../../snap.ts'
import type { Answer, Next, StateAction } from '../../tool-state.ts'
import { done, ToolState } from '../../tool-state.ts'
import type { Overlay, Point, PointerInfo } from '../../types.ts'
import { toImage } from '../../view.ts'
import type { MaskPrompts } from './prompts.ts'

/** Adds a point at the pointer or, if that is elsewhere, in the middle of the view. */
export function placeClick(editor: CanvasDocument, prompts: MaskPrompts, positive: boolean): void {
  const { pointer, view, viewport } = editor
  prompts.add({ ...inside(editor, pointer ?? toImage(view, { x: viewport.width / 2, y: viewport.height / 2 })), positive })
}
function inside(editor: CanvasDocument, { x, y }: Point): Point {
  const { width, height } = editor.image!
  return { x: Math.min(Math.max(x, 0), width), y: Math.min(Math.max(y, 0), height) }
}

/** Shows the model's answer to what is clicked. */
export class MaskPrompting extends ToolState {
  readonly path = 'smart-mask.prompting'
  /** Enter was pressed before the answer came. */
  private isWanted = false

  constructor(
    editor: CanvasDocument,
    private readonly prompts: MaskPrompts,
  ) {
    super(editor)
  }

  override onPointerDown(e: PointerInfo): Next {
    return e.button === 0 ? new MaskPressing(this.editor, this.prompts, e) : undefined
  }
  override onAction(action: StateAction): Answer {
    switch (action) {
      case 'mask-include':
      case 'mask-exclude':
        this.isWanted = false
        placeClick(this.editor, this.prompts, action === 'mask-include')
        return true
      case 'mask-next':
      case 'mask-previous':
        // A single answer leaves the key to the window.
        return this.prompts.turn(action === 'mask-next' ? 1 : -1)
      case 'remove-last':
      case 'undo':
        this.isWanted = false
        this.prompts.removeLast()
        return this.prompts.isEmpty ? this.drop() : true
      case 'confirm':
        this.isWanted = true
        return this.prompts.waiting ? true : (this.onAnswer() ?? true)
      case 'cancel':
      case 'delete':
        return this.drop()
      case 'redo':
        return true
    }
  }
  override onAnswer(): Next {
    if (!this.isWanted) return undefined
    this.isWanted = false
    return this.keep() ? this.drop() : undefined
  }

  private keep(): boolean {
    const { chosen } = this.prompts
    const { image, settings } = this.editor
    if (!chosen || !image) return false
    const mask = { kind: 'mask', rle: chosen.mask.toRle() } as const
    const shape = settings.keepMasksAs === 'polygon' ? converted(mask, 'polygon', image, settings.outlineTolerance) : mask
    this.editor.commitNew('smart mask', shape ?? mask, { author: chosen.author })
    return true
  }
  private drop(): typeof done {
    this.prompts.drop()
    return done
  }
  override onExit(): void {
    this.prompts.drop()
  }
  override overlay(): Overlay {
    return this.prompts.overlay()
  }
}

/** The button is pressed: a release here is a click, one further away a box. */
export class MaskPressing extends ToolState {
  readonly path = 'smart-mask.pressing'
  private readonly from: Point
  private box: Box | null = null

  constructor(
    editor: CanvasDocument,
    private readonly prompts: MaskPrompts,
    private readonly pressed: PointerInfo,
  ) {
    super(editor)
    this.from = inside(editor, pressed.point)
  }

  override onPointerMove(e: PointerInfo): Next {
    this.box = distance(e.screen, this.pressed.screen) >= 3 ? boxOfCorners(this.from, inside(this.editor, e.point)) : null
    return undefined
  }
  override onPointerUp(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    this.onPointerMove(e)
    const { box } = this
    if (!box) {
      // As with the key, a point that is not wanted means nothing before one that is.
      if (this.pressed.alt && this.prompts.isEmpty) return done
      this.prompts.add({ ...this.from, positive: !this.pressed.alt })
    } else if (box.w > 0 && box.h > 0) this.prompts.add(box)
    return this.back()
  }
  private back(): Next {
    return this.prompts.isEmpty ? done : new MaskPrompting(this.editor, this.prompts)
  }
  /** Nothing else may change the document during a gesture. */
  override onAction(action: StateAction): Answer {
    return action === 'cancel' ? (this.back() ?? true) : true
  }
  override onExit(): void {
    this.prompts.drop()
  }
  override overlay(): Overlay {
    return { ...(this.prompts.isEmpty ? {} : this.prompts.overlay()), ...(this.box && { marquee: this.box }) }
  }
}
