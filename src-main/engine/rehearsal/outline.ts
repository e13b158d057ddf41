/** What a training would train and hold, from the graph that its recipe builds. */
import { fileSizes } from './sizes.ts'
import type { Extent, Outline } from '#shared/model/outline.ts'
import type { Item } from '#shared/model/job.ts'
import { PixelStore } from '../data/cache.ts'
import { need } from '../models/families.ts'
import type { Model } from '../models/model.ts'
import { parseSettings, recipeRecord } from '../recipes/recipes.ts'
import { Run } from '../recipes/run.ts'
import { outlined } from '../runtime/outline.ts'
import { sizeOf } from '../graph/graph.ts'
import { footprint } from './footprint.ts'

export interface Outlined {
  readonly recipe: string
  readonly settings: unknown
  readonly extent: Extent
  /** Whether the device keeps weights and state in its own memory. */
  readonly onDevice?: boolean
}

/** @throws a user fault if the model cannot do what the recipe needs, or a setting is out of range */
export async function outlineOf(model: Model, { recipe: id, settings: given, extent, onDevice = false }: Outlined): Promise<Outline> {
  const recipe = recipeRecord(id)
  const settings = parseSettings(recipe, given)
  need(model, recipe.needs, `recipe ${id}`)
  const more = recipe.demands?.(given as Record<string, unknown>)
  if (more) need(model, more.needs, `recipe ${id}: ${more.by}`)
  const n = extent.images['train'] ?? 0
  const made = recipe.steps?.(settings, n) ?? { batch: 0, accumulate: 0, perEpoch: 0, steps: 0 }
  const known = recipe.untrained || !n ? undefined : await outlined(() => recipe.run(standIn(model, extent), settings))
  const trained = known?.step?.parameters.reduce((sum, p) => sum + sizeOf(p.shape), 0) ?? known?.solved ?? 0
  const files = fileSizes(model)
  const images = Object.values(extent.images).reduce((a, b) => a + b, 0)
  const memory = footprint(model, { step: known?.step, images, batch: made.batch, onDevice })
  return {
    parameters: { trained, model: files.parameters },
    ...made,
    memory,
    disk: {
      checkpoint: files.bytes + 4 * extent.classes.length * (model.dim + 1),
      state: made.steps && known?.step ? 4 * trained * known.step.slots : 0,
    },
  }
}

/** What its images are said to show. */
const STAND_IN = 'something'

/** A run of as many images and classes, none of which is read. */
function standIn(model: Model, { classes, images, regions }: Extent): Run {
  const whole = { x: 0, y: 0, w: 1, h: 1 }
  const items = (n: number): Item[] =>
    Array.from({ length: n }, (_, i) => ({
      file: '-',
      label: i % Math.max(1, classes.length),
      captions: [[STAND_IN, i, ...classes].join(' ')], // no two alike, since equal captions tell nothing apart
      ...(regions && { boxes: Array.from({ length: regions }, () => ({ class: 0, box: whole })) }),
    }))
  return new Run({
    model,
    classes: classes.map((name) => ({ name })),
    templates: model.templates,
    splits: Object.fromEntries(Object.entries(images).map(([split, n]) => [split, items(n)])),
    seed: 0,
    provider: 'cpu',
    cache: '',
    pictures: new PixelStore(0),
    onProgress: () => undefined,
    isCancelled: () => false,
  })
}
