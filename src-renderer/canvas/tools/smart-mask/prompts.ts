import type { Author } from '#shared/model/author.ts'
import type { Box } from '#shared/model/shape.ts'
import type { CanvasDocument } from '../../document.ts'
import type { MaskClick, MaskPrompt } from '../../mask-maker.ts'
import { ColumnMask } from '../../masks/column-mask.ts'
import type { Overlay } from '../../types.ts'

type Step = MaskClick | Box

interface Candidate {
  readonly score: number
  readonly author: Author
  readonly mask: ColumnMask
}

/** What was clicked for one mask, and what the model answers. Survives the states of the tool until it is dropped. */
export class MaskPrompts {
  private readonly steps: Step[] = []
  private candidates: readonly Candidate[] = []
  private choice = 0
  /** Counts the changes; an answer to an earlier state of the prompt is stale. */
  private version = 0
  private isAsking = false
  private isDropped = false

  constructor(private readonly editor: CanvasDocument) {}

  get isEmpty(): boolean {
    return this.steps.length === 0
  }
  /** Whether the answer to what is clicked now is still to come. */
  get waiting(): boolean {
    return this.isAsking
  }
  get chosen(): Candidate | null {
    return this.candidates[this.choice] ?? null
  }

  private get prompt(): MaskPrompt {
    const clicks = this.steps.filter((step) => 'positive' in step)
    const box = this.steps.findLast((step): step is Box => !('positive' in step))
    return { clicks, ...(box && { box }) }
  }

  add(step: Step): void {
    this.steps.push(step)
    this.ask()
  }
  removeLast(): void {
    this.steps.pop()
    this.ask()
  }
  /** Goes to another of the model's answers, round and round; false if there is no other. */
  turn(by: number): boolean {
    const { length } = this.candidates
    if (length < 2) return false
    this.choice = (this.choice + by + length) % length
    return true
  }
  drop(): void {
    this.isDropped = true
  }

  private ask(): void {
    this.version++
    // While an answer is awaited, only the newest prompt is asked next, whatever came in between.
    if (!this.isAsking) void this.askUntilCurrent()
  }
  private async askUntilCurrent(): Promise<void> {
    this.isAsking = true
    for (let asked = -1; asked !== this.version && !this.isDropped;) {
      asked = this.version
      const { prompt } = this
      const isOpen = prompt.box !== undefined || prompt.clicks.some((c) => c.positive)
      const found = isOpen ? await this.editor.masks?.ask(prompt) : []
      if (this.isDropped) return
      if (asked !== this.version) continue
      this.candidates = (found ?? []).map(({ score, author, mask }) => ({ score, author, mask: ColumnMask.fromRle(mask) }))
      this.choice = 0
    }
    this.isAsking = false
    this.editor.answered()
  }

  overlay(): Overlay {
    const { clicks, box } = this.prompt
    const { chosen } = this
    return {
      prompt: { clicks, ...(box && { box }), scores: this.candidates.map((c) => c.score), choice: this.choice, waiting: this.waiting },
      ...(chosen && { mask: chosen.mask }),
    }
  }
}
