/** The progress of runs, kept for windows that open later. */
import { z } from 'zod'
import type { RunProgress } from '#shared/contract/training.ts'
import type { RunRecord } from '#shared/model/project.ts'
import { findRecipe } from '../../engine/recipes/index.ts'

const most = 2000

/** The steps of the latest phase with a loss; when there are too many, every second one is dropped. */
export class Curve {
  private kept: RunProgress[] = []
  private every = 1
  private seen = 0
  /** Steps of the run that this one resumes. */
  earlier: readonly RunProgress[] = []

  add(p: RunProgress): void {
    if (p.loss == null) return
    if (this.kept.length && this.kept[0]!.phase !== p.phase) [this.kept, this.every, this.seen] = [[], 1, 0]
    // A run on a cluster may go back to its saved state.
    if (this.kept.length && this.kept.at(-1)!.step >= p.step) this.kept = this.kept.filter((q) => q.step < p.step)
    if (this.seen++ % this.every !== 0) return
    this.kept.push(p)
    if (this.kept.length < most) return
    this.kept = this.kept.filter((_, i) => i % 2 === 0)
    this.every *= 2
  }

  get points(): readonly RunProgress[] {
    const first = this.kept[0]
    return first ? [...this.earlier.filter((p) => p.phase === first.phase && p.step < first.step), ...this.kept] : []
  }
}

const stored = z.object({ loss: z.array(z.number()).default([]), steps: z.number().optional() })

/** The stored, thinned curve of a finished run. */
export function storedCurve({ id, recipe, metrics }: Pick<RunRecord, 'id' | 'recipe' | 'metrics'>): RunProgress[] {
  const { loss, steps = loss.length } = stored.parse(metrics)
  const every = Math.ceil(steps / Math.max(1, loss.length))
  const phase = findRecipe(recipe)?.curve?.phase ?? 'training'
  return loss.map((value, i) => ({ runId: id, phase, step: 1 + i * every, steps, loss: value }))
}

/** At most 500 evenly spaced points of a curve, for storing. */
export function thin(curve: readonly number[]): number[] {
  const every = Math.ceil(curve.length / 500)
  return curve.filter((_, i) => i % every === 0)
}
