import { setting } from '#shared/format.ts'
import type { ReportRow } from '#shared/model/report.ts'
import type { TrainRequest } from '../training/train.ts'

/** A run of the demo. Of several in one group, the best on `val` is shown; learning rates are chosen as in the papers. */
export interface DemoRun extends TrainRequest {
  readonly name: string
  readonly kind: ReportRow['kind']
  readonly group: string
}

/**
 * The main workflow on the sample. Learning rates are swept for FT and LP-FT separately, because the best ones differ
 * by orders of magnitude (Kumar et al. 2022, appendix A). The soup's ingredients share one model and linear probe, and
 * differ in rate, augmentation and seed (Wortsman et al. 2022, §3.1).
 */
export function demoRuns(fast: boolean): { runs: DemoRun[]; ingredients: DemoRun[] } {
  const epochs = fast ? 6 : 20
  const rates = fast ? [3e-5] : [1e-5, 3e-5, 1e-4]
  const gentle = fast ? [1e-5] : [3e-6, 1e-5, 3e-5]
  const run = (group: string, kind: DemoRun['kind'], recipe: string, settings: Record<string, unknown> = {}, seed = 0): DemoRun => ({
    group,
    kind,
    recipe,
    settings,
    seed,
    name: [
      group,
      ...Object.entries(settings)
        .filter(([k]) => k === 'lr' || k === 'augmentation')
        .map(([, v]) => setting(v)),
      ...(seed ? [`seed ${seed}`] : []),
    ].join(' '),
  })
  const runs = [
    run('Zero-shot', 'zero-shot', 'zero-shot'),
    run('LP', 'lp', 'lp', fast ? { cCount: 14 } : {}),
    ...rates.map((lr) => run('FT', 'ft', 'ft', { lr, epochs })),
    ...(fast ? [] : rates.map((lr) => run('FT, random head', 'sweep', 'ft', { lr, epochs, head: 'random' }))),
    ...gentle.map((lr) => run('LP-FT', 'lp-ft', 'lp-ft', { lr, epochs, ...(fast ? { cCount: 14 } : {}) })),
    run('Prompt tuning', 'coop', 'coop', { epochs: fast ? 60 : 200 }),
  ]
  const grid: [number, string, number][] = fast
    ? [
        [1e-5, 'strong', 1],
        [3e-5, 'light', 2],
      ]
    : [
        [1e-5, 'light', 1],
        [1e-5, 'strong', 2],
        [3e-5, 'light', 3],
        [3e-5, 'strong', 4],
        [3e-6, 'strong', 5],
        [1e-4, 'strong', 6],
      ]
  const ingredients = grid.map(([lr, augmentation, seed]) =>
    run('Sweep', 'sweep', 'lp-ft', { lr, augmentation, epochs, ...(fast ? { cCount: 14 } : {}) }, seed),
  )
  return { runs, ingredients }
}
