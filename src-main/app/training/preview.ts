/** What a recipe would learn from and be measured on, before it starts. */
import type { DataPreview } from '#shared/contract/runs.ts'
import { classesOf } from '#shared/model/job.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { tally } from '../../db/tally.ts'
import { recipeRecord } from '../../engine/recipes/index.ts'
import { regionTask } from '../../engine/tasks/index.ts'
import type { Project } from '../projects/project.ts'
import { chosenFrom } from './choice.ts'
import { dataFor } from './dataset.ts'

/** Pictures of each class and split. */
const SAMPLES = 6

export function dataPreview(project: Project, recipe: string, choice?: TrainingChoice): DataPreview {
  const { task } = recipeRecord(recipe)
  const { classes, splits, mediaIds, leftOut } = chosenFrom(project, choice, () => dataFor(project, task))
  const found = classes.map(() => new Map<string, { images: number; of: Set<number> }>())
  for (const [split, items] of Object.entries(splits))
    items.forEach((item, i) => {
      for (const c of classesOf(item)) {
        const own = found[c]!
        const entry = own.get(split) ?? { images: 0, of: new Set<number>() }
        own.set(split, entry)
        entry.images++
        entry.of.add(mediaIds[split]![i]!)
      }
    })
  const used = Object.values(splits).reduce((n, items) => n + items.length, 0)
  return {
    splits: Object.entries(splits).map(([name, items]) => ({ name, images: items.length })),
    classes: classes.map(({ name }, c) => ({
      name,
      splits: Object.fromEntries([...found[c]!].map(([split, { images, of }]) => [split, { images, samples: spread([...of], SAMPLES) }])),
    })),
    leftOut: leftOut.length,
    unused: Math.max(0, tally(project.db).media - used - leftOut.length),
    regions: regionTask(task) !== undefined,
  }
}

/** Some of a list, evenly spaced. */
const spread = <T>(all: readonly T[], most: number): T[] =>
  all.length <= most ? [...all] : Array.from({ length: most }, (_, i) => all[Math.floor((i * all.length) / most)]!)
