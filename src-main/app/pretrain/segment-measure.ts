/** mIoU of a segmenter on scenes of pictures that it never saw. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import type { Concept } from '#shared/model/sample.ts'
import { openModel } from '../../engine/models/index.ts'
import { meanIou } from '../../engine/metrics/index.ts'
import { Assembled } from '../../engine/regions/index.ts'
import { Segmenting } from '../../engine/segmentation/index.ts'
import { randomOf } from '../sample/random.ts'
import { makeScene, sceneHeight, sceneWidth, type Scene } from '../sample/scenes.ts'
import { isUnseen, sceneConcepts, testSprites } from './detect-data.ts'
import type { OnProgress } from './made.ts'

const WANTED = 'pretrain segment'

/** What is asked of a scene: its own words and as many that it does not show. */
export interface Asked {
  readonly scene: Scene
  /** Its picture. */
  readonly file: string
  /** Places of the words in the list. */
  readonly words: readonly number[]
}

/** Scenes of `concepts` as the unseen styles draw them, and for each its words and as many others. */
export async function testScenes(
  name: string,
  n: number,
  concepts: readonly Concept[],
  folder: string,
  onProgress: (done: number, of: number) => void,
): Promise<Asked[]> {
  mkdirSync(folder, { recursive: true })
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
    const file = path.join(folder, `${name.replaceAll(' ', '-')}-${i}.png`)
    await sharp(scene.rgb, { raw: { width: sceneWidth, height: sceneHeight, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toFile(file)
    asked.push({ scene, file, words: [...own, ...others] })
    onProgress(i + 1, n)
  }
  return asked
}

/** Masks of the nano segmenter count from this score on. */
const THRESHOLD = 0.25

/** The mean over words of the IoU over all pixels of the scenes; and that of all that was found with all that is there. */
export async function wordIou(
  dir: string,
  concepts: readonly Concept[],
  scenes: readonly Asked[],
): Promise<{ readonly named: number; readonly anything: number }> {
  const model = await openModel(dir)
  const finder = Assembled.of(model, WANTED) ?? Segmenting.with(model, WANTED)
  try {
    const images = []
    for (const { scene, file, words } of scenes) {
      const classes = words.map((w) => ({ name: concepts[w]!.name }))
      const found = await finder.find(file, { classes }, model.partners ? { threshold: THRESHOLD } : {})
      const numberOf = new Map(words.map((w) => [concepts[w]!.name, w]))
      images.push({
        detections: found.flatMap(({ label, score, mask }) => (mask ? [{ label: numberOf.get(label)!, score, mask }] : [])),
        truth: scene.objects.map((o) => ({ label: concepts.indexOf(o.concept), mask: o.segmentation })),
      })
    }
    const same = <T extends { readonly label: number }>(all: readonly T[]) => all.map((one) => ({ ...one, label: 0 }))
    const alike = images.map(({ detections, truth }) => ({ detections: same(detections), truth: same(truth) }))
    return { named: meanIou(images, concepts.length), anything: meanIou(alike, 1) }
  } finally {
    await finder.release()
    model.close()
  }
}

const SCENES = 20

/** mIoU for words seen in training and for others; and dense CLIP's with Nano. */
export async function measureSegmenter(
  { dir, nano, cache }: { readonly dir: string; readonly nano: string; readonly cache: string },
  onProgress: OnProgress,
): Promise<Record<string, number>> {
  const all = sceneConcepts()
  const folder = path.join(cache, 'segment-scenes')
  const of = async (name: string, concepts: readonly Concept[]) => {
    const scenes = await testScenes(`segment ${name}`, SCENES, concepts, folder, (done, n) => onProgress(`scenes of ${name}`, done, n))
    const [own, dense] = [await wordIou(dir, concepts, scenes), await wordIou(nano, concepts, scenes)]
    return [own.named, dense.named, own.anything] as const
  }
  const [miou, denseMiou, thingsIou] = await of(
    'words seen',
    all.filter((c) => !isUnseen(c)),
  )
  const [miouUnseenWords, denseMiouUnseenWords, thingsIouUnseenWords] = await of('words not seen', all.filter(isUnseen))
  return { miou, miouUnseenWords, thingsIou, thingsIouUnseenWords, denseMiou, denseMiouUnseenWords }
}
