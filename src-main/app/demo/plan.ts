import { setting } from '#shared/format.ts'
import type { ReportRow } from '#shared/model/report.ts'
import type { TrainRequest } from '../training/train.ts'

/** A way to fine-tune. Of several settings, the one that is best on `val` with the first seed is used with all seeds. */
export interface Way {
  readonly name: string
  readonly kind: ReportRow['kind']
  readonly recipe: string
  readonly choices: readonly Readonly<Record<string, unknown>>[]
}

export interface DemoPlan {
  /** Each draws training pictures of its own. */
  readonly seeds: readonly number[]
  /** Training pictures of each class. */
  readonly shots: number
  readonly ways: readonly Way[]
  /** Settings of the soup's ingredients beside LP-FT. */
  readonly ingredients: readonly Readonly<Record<string, unknown>>[]
  /** Shares of the fine-tuned weights in the blends with the zero-shot ones. */
  readonly alphas: readonly number[]
}

/**
 * The main workflow on the study. Learning rates are chosen for FT and LP-FT separately, because the best ones differ
 * by orders of magnitude (Kumar et al. 2022, appendix A). The soup's ingredients share one model and linear probe, and
 * differ in rate and augmentation (Wortsman et al. 2022, §3.1).
 *
 * What is tried was chosen on 768 pictures of `val` and of `train` that were not learned from (4 others a class were): of
 * them LP names 52%. FT at 3e-5 names 36% after 64 steps of 32 pictures, 42% after 256 of 8; at 3e-4 10% and at 1e-3 6%,
 * after 64 steps: larger ones undo what Nano's image tower knows. LP-FT at 1e-5 is at 53% after 256, so it needs few steps.
 */
export function demoPlan(fast: boolean): DemoPlan {
  const probe = fast ? { cCount: 14 } : {}
  const long = fast ? { epochs: 4, batchSize: 8 } : { epochs: 12 }
  const short = { epochs: 4, ...probe }
  const rates = fast ? [3e-5] : [3e-5, 1e-4]
  const gentle = fast ? [1e-5] : [1e-5, 3e-5]
  const way = (name: string, recipe: string, choices: Way['choices'] = [{}]): Way => ({ name, kind: recipe, recipe, choices })
  const grid: [number, string][] = fast
    ? [
        [1e-5, 'strong'],
        [3e-5, 'light'],
      ]
    : [
        [1e-5, 'strong'],
        [3e-5, 'light'],
        [3e-5, 'strong'],
      ]
  return {
    seeds: fast ? [0] : [0, 1, 2],
    shots: fast ? 4 : 8,
    ways: [
      way('Zero-shot', 'zero-shot'),
      way('LP', 'lp', [probe]),
      way(
        'FT',
        'ft',
        rates.map((lr) => ({ lr, ...long })),
      ),
      way(
        'LP-FT',
        'lp-ft',
        gentle.map((lr) => ({ lr, ...short })),
      ),
      way('Prompt tuning', 'coop', [{ epochs: fast ? 10 : 50 }]),
    ],
    ingredients: grid.map(([lr, augmentation]) => ({ lr, augmentation, ...short, ...(fast && { epochs: 2 }) })),
    alphas: fast ? [0.5] : [0.25, 0.5, 0.75],
  }
}

/** The request for a run of a plan. */
export const demoRequest = (
  { shots }: Pick<DemoPlan, 'shots'>,
  { name, recipe }: Pick<Way, 'name' | 'recipe'>,
  settings: Readonly<Record<string, unknown>>,
  seed: number,
): TrainRequest & { readonly name: string } => ({
  recipe,
  settings,
  seed,
  shots,
  data: { forgetting: false }, // measured on more pictures of the study (outside.ts)
  name: [name, ...told(settings), ...(seed ? [`seed ${seed}`] : [])].join(' '),
})

/** What tells runs of one way apart. */
export const told = (settings: Readonly<Record<string, unknown>>): string[] =>
  ['lr', 'augmentation'].flatMap((key) => (key in settings ? [setting(settings[key])] : []))
