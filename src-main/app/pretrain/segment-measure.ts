/** mIoU of a segmenter on scenes of pictures that it never saw. */
import type { Concept } from '#shared/model/sample.ts'
import { openModel } from '../../engine/models/index.ts'
import { meanIou } from '../../engine/metrics/index.ts'
import { decide, WordSegmenter } from '../../engine/segmentation/index.ts'
import { randomOf } from '../sample/random.ts'
import { makeScene, sceneHeight, sceneWidth, type Scene } from '../sample/scenes.ts'
import { fillTemplate, zeroShotTemplates } from './captions.ts'
import { testSprites } from './detect-data.ts'

/** What is asked of a scene: its own words and as many that it does not show. */
export interface Asked {
  readonly scene: Scene
  /** Places of the words in the list. */
  readonly words: readonly number[]
}

/** Scenes of `concepts` as the unseen styles draw them, and for each its words and as many others. */
export async function testScenes(
  name: string,
  n: number,
  concepts: readonly Concept[],
  onProgress: (done: number, of: number) => void,
): Promise<Asked[]> {
  const sprites = await testSprites(concepts)
  const place = new Map(concepts.map((c, i) => [c.id, i]))
  const asked: Asked[] = []
  for (let i = 0; i < n; i++) {
    const scene = await makeScene(`${name} ${i}`, sprites)
    const random = randomOf(`${name} ${i} absent`)
    const own = new Set(scene.objects.map((o) => place.get(o.concept.id)!))
    const others = new Set<number>()
    while (others.size < Math.min(own.size, concepts.length - own.size)) {
      const other = random.integer(0, concepts.length - 1)
      if (!own.has(other)) others.add(other)
    }
    asked.push({ scene, words: [...own, ...others] })
    onProgress(i + 1, n)
  }
  return asked
}

/** The mean over words of the IoU over all pixels of the scenes of which the word was asked. */
export async function wordIou(dir: string, concepts: readonly Concept[], scenes: readonly Asked[]): Promise<number> {
  const model = await openModel(dir)
  const segmenter = new WordSegmenter(model)
  try {
    const prompts = ({ name }: { name: string }) => zeroShotTemplates.map((t) => fillTemplate(t, name))
    const images = []
    for (const { scene, words } of scenes) {
      const image = await segmenter.encode({ width: sceneWidth, height: sceneHeight, channels: 3, data: scene.rgb })
      const background = segmenter.competing ? [{ name: 'background' }] : []
      const queries = await segmenter.words([...words.map((w) => concepts[w]!), ...background].map(prompts))
      const planes = await segmenter.logits(image, queries)
      const found = decide(planes, image, segmenter.competing, { threshold: segmenter.competing ? 0 : 0.5, wanted: words.length })
      images.push({
        detections: found.map(({ query, score, mask }) => ({ label: words[query]!, score, mask })),
        truth: scene.objects.map((o) => ({ label: concepts.indexOf(o.concept), mask: o.segmentation })),
      })
    }
    return meanIou(images, concepts.length)
  } finally {
    await segmenter.release()
    model.close()
  }
}
