/** How many things in scenes get their word from a model that sees true boxes and outlines of them, in styles that no training saw. */
import path from 'node:path'
import type { Concept } from '#shared/model/sample.ts'
import { decodeImage } from '../../engine/data/index.ts'
import { openModel } from '../../engine/models/index.ts'
import { joinViews, Crops, NAMED_CROPS } from '../../engine/regions/index.ts'
import { headLogits, zeroShotHead } from '../../engine/tasks/index.ts'
import { askedOf, drawScenes, type TestScene } from './detect-measure.ts'
import { isUnseen, testSprites } from './detect-data.ts'

/** Shares of objects, from 0 to 1, whose word is the first of twenty that are asked for. */
export interface NamesFigures {
  /** Of words seen and not seen in training. */
  readonly seen: number
  readonly unseen: number
}

export async function measureNames(
  dir: string,
  concepts: readonly Concept[],
  cache: string,
  onProgress: (done: number, of: number) => void,
): Promise<NamesFigures> {
  const sprites = await testSprites(concepts)
  const of = async (name: string, own: (c: Concept) => boolean) => {
    const scenes = await drawScenes(
      name,
      sprites.filter((s) => own(s.concept)),
      path.join(cache, 'detect-scenes'),
    )
    return shareOf(dir, name, concepts.filter(own), scenes)
  }
  const seen = await of('seen', (c) => !isUnseen(c))
  onProgress(1, 2)
  const unseen = await of('unseen', isUnseen)
  onProgress(2, 2)
  return { seen, unseen }
}

async function shareOf(dir: string, name: string, concepts: readonly Concept[], scenes: readonly TestScene[]): Promise<number> {
  const model = await openModel(dir)
  const crops = new Crops(model, NAMED_CROPS)
  try {
    const head = await zeroShotHead(model, concepts, model.templates)
    const place = new Map(concepts.map((c, i) => [c.name, i]))
    let [right, of] = [0, 0]
    for (const [i, { file, objects }] of scenes.entries()) {
      const pixels = await decodeImage(file, file, { alpha: 'keep', deep: model.preprocess.deep })
      const { features, regionOf } = await crops.views(
        pixels,
        objects.map(({ bbox: [x, y, w, h], segmentation }) => ({ box: { x, y, w, h }, mask: segmentation })),
      )
      const logits = joinViews(headLogits(features, head), regionOf, objects.length)
      const asked = askedOf(name, i, objects, concepts).map((word) => place.get(word)!)
      objects.forEach(({ concept }, row) => {
        const score = (word: number) => logits[row * concepts.length + word]!
        const best = asked.reduce((a, b) => (score(b) > score(a) ? b : a))
        right += Number(best === place.get(concept.name))
      })
      of += objects.length
    }
    return right / of
  } finally {
    await crops.release()
    model.close()
  }
}
