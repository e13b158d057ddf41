/** Measuring a detector on scenes of the sample's kind, in styles that its training never saw. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { boxIou } from '#shared/geometry/box.ts'
import type { Concept } from '#shared/model/sample.ts'
import { Detecting } from '../../engine/detection/index.ts'
import { type DetectionImage, measure } from '../../engine/metrics/index.ts'
import { openModel } from '../../engine/models/index.ts'
import { Assembled } from '../../engine/regions/index.ts'
import { mapLimit } from '../sample/pool.ts'
import { randomOf } from '../sample/random.ts'
import { makeScene, sceneHeight, sceneWidth, type SceneObject, type Sprite } from '../sample/scenes.ts'
import { isUnseen, testSprites } from './detect-data.ts'

/** Scenes of each kind. */
const SCENES = 60
/** Words that each scene is asked for: those of its objects, and others of the same kind. */
const ASKED = 20

const WANTED = 'pretrain detect'

type Figures = Readonly<Record<string, number>>
export interface DetectorFigures {
  /** Of words seen and unseen in training, both in unseen styles. */
  readonly seen: Figures
  readonly unseen: Figures
}

export interface TestScene {
  readonly file: string
  readonly objects: readonly Pick<SceneObject, 'concept' | 'bbox' | 'segmentation'>[]
}

export async function measureDetector(
  dir: string,
  concepts: readonly Concept[],
  cache: string,
  onProgress: (done: number, of: number) => void,
): Promise<DetectorFigures> {
  const sprites = await testSprites(concepts)
  const of = 2 * SCENES
  let done = 0
  const figures = async (name: string, own: (c: Concept) => boolean) => {
    const scenes = await drawScenes(
      name,
      sprites.filter((s) => own(s.concept)),
      path.join(cache, 'detect-scenes'),
    )
    return figuresOf(dir, name, concepts.filter(own), scenes, () => onProgress(++done, of))
  }
  return { seen: await figures('seen', (c) => !isUnseen(c)), unseen: await figures('unseen', isUnseen) }
}

export async function drawScenes(name: string, sprites: readonly Sprite[], folder: string): Promise<TestScene[]> {
  mkdirSync(folder, { recursive: true })
  const numbers = Array.from({ length: SCENES }, (_, i) => i)
  return mapLimit(numbers, async (i) => {
    const { rgb, objects } = await makeScene(`detect test ${name} ${i}`, sprites)
    const file = path.join(folder, `${name}-${i}.png`)
    await sharp(rgb, { raw: { width: sceneWidth, height: sceneHeight, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toFile(file)
    return { file, objects: objects.map(({ concept, bbox, segmentation }) => ({ concept, bbox, segmentation })) }
  })
}

async function figuresOf(
  dir: string,
  name: string,
  concepts: readonly Concept[],
  scenes: readonly TestScene[],
  onScene: () => void,
): Promise<Figures> {
  const model = await openModel(dir)
  const detecting = Assembled.of(model, WANTED) ?? Detecting.with(model, WANTED)
  const numberOf = new Map(concepts.map((c, i) => [c.name, i]))
  try {
    const images: DetectionImage[] = []
    for (const [i, { file, objects }] of scenes.entries()) {
      const words = askedOf(name, i, objects, concepts)
      const found = await detecting.find(
        file,
        { classes: words.map((word) => ({ name: word })) },
        { threshold: 0.001, overlap: 0.5, most: 100 },
      )
      images.push({
        detections: found.map(({ label, score, box: [x, y, w, h] }) => ({ label: numberOf.get(label)!, score, box: { x, y, w, h } })),
        truth: objects.map(({ concept, bbox: [x, y, w, h] }) => ({ label: numberOf.get(concept.name)!, box: { x, y, w, h } })),
      })
      onScene()
    }
    return { ...measure('detect', { images, classes: concepts.length }), ...whateverTheWord(images) }
  } finally {
    await detecting.release()
    model.close()
  }
}

/**
 * How well the boxes alone are found, so that it can be told from naming: AP of all as one class, in the order of their scores, and
 * the share of true boxes that one of them overlaps (IoU) by so much.
 */
export function whateverTheWord(images: readonly DetectionImage[]): Figures {
  const unnamed = images.map(({ detections, truth }) => ({
    detections: detections.map((d) => ({ ...d, label: 0 })),
    truth: truth.map((t) => ({ ...t, label: 0 })),
  }))
  const { ap50, ap75 } = measure('detect', { images: unnamed, classes: 1 })
  const overlaps = images.flatMap(({ detections, truth }) =>
    truth.map(({ box }) => Math.max(0, ...detections.map((d) => boxIou(d.box, box)))),
  )
  const found = (iou: number) => overlaps.filter((x) => x >= iou).length / overlaps.length
  return { 'boxes-ap50': ap50!, 'boxes-ap75': ap75!, 'boxes-found50': found(0.5), 'boxes-found75': found(0.75) }
}

/** The words that scene `i` is asked for. */
export function askedOf(name: string, i: number, objects: TestScene['objects'], concepts: readonly Concept[]): string[] {
  const words = new Set(objects.map((o) => o.concept.name))
  const random = randomOf(`detect words ${name} ${i}`)
  while (words.size < Math.min(ASKED, concepts.length)) words.add(random.pick(concepts).name)
  return [...words]
}
