/** Public interface of engine/regions: two models together, one that says where something is and one that says what. */
import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { Model } from '../models/model.ts'
import { Masking } from './masking.ts'
import { type Found, Naming } from './naming.ts'
import { boxesOf, masksOf } from './sources.ts'

export type { Found } from './naming.ts'
export { Assembled, NAMED_CROPS, openPartner } from './assembled.ts'
export { joinViews, Crops, squareAround } from './crops.ts'
export { Outlining } from './outlining.ts'
export { ANYTHING, SOMETHING } from './sources.ts'

export interface Pair {
  /** What is found in an image file, best first. */
  find(file: string, prompt: Prompt, settings?: DetectionSettings): Promise<Found[]>
  release(): Promise<void>
}

/**
 * A detector whose boxes another model makes masks of; or a model that compares images with texts, and names the regions of
 * another one. The regions have masks if the other model takes prompts, and only boxes if it is a detector.
 * @param wanted what the pair is for, with which errors begin
 * @throws a user error if one of the models cannot do its part
 */
export function pairOf(first: Model, regions: Model, wanted: string, { masks }: { readonly masks: boolean }): Pair {
  if (first.detector) return new Masking(first, regions, wanted)
  const source = !masks && regions.detector ? boxesOf(regions, wanted) : masksOf(regions, wanted)
  return new Naming(first, source, wanted)
}
