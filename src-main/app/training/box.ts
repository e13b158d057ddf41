import { existsSync } from 'node:fs'
import path from 'node:path'
import { capabilitiesIn } from '../../engine/models/index.ts'
import { recipeRecord } from '../../engine/recipes/index.ts'
import type { AppContext } from '../context.ts'

/** The models in the box: Nano, and those of detection and segmentation that are made from it, which lie beside it. */
export function modelsInBox({ nano }: Pick<AppContext, 'nano'>): { readonly name: string; readonly dir: string }[] {
  const beside = (folder: string) => path.join(nano, '..', folder)
  const made = [
    { name: 'Nano detector', dir: beside('nano-detect') },
    { name: 'Nano segmenter', dir: beside('nano-segment') },
  ]
  return [{ name: 'Nano', dir: nano }, ...made.filter(({ dir }) => existsSync(dir))]
}

/**
 * The folder of the checkpoint that a training starts from: what is asked for (null: Nano), otherwise the model in the box that was made
 * for the recipe's task, or Nano.
 * @throws a user error if there is no such recipe
 */
export function startingFolder(
  app: Pick<AppContext, 'nano'>,
  { model, recipe }: { readonly model?: string | null | undefined; readonly recipe: string },
): string {
  if (model !== undefined) return path.resolve(model ?? app.nano)
  const { needs, task } = recipeRecord(recipe)
  const suited = modelsInBox(app).filter(({ dir }) => needs.every((need) => capabilitiesIn(dir, false).includes(need)))
  // Nano gives masks as well, but not because it was trained to.
  const made = task === 'detect' || task === 'segment' ? suited.at(-1) : suited[0]
  return path.resolve(made?.dir ?? app.nano)
}
