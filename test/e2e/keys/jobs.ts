/** The common jobs, as they lie before the hand and as they should be in the end: the same for ours and for every rival. */
import type { ImageRecord } from '../../../src-shared/model/record.ts'
import type { Shape } from '../../../src-shared/model/shape.ts'

export const jobs = ['classify', 'boxes', 'proposals', 'captions', 'polygons', 'relabel', 'export'] as const
export type Job = (typeof jobs)[number]

export const size = { width: 400, height: 300 }
export type Box = readonly [x: number, y: number, w: number, h: number]
const model = (score: number) => ({ author: { kind: 'checkpoint' as const, checkpoint: 'a detector', score }, state: 'proposed' as const })
const box = ([x, y, w, h]: Box): Shape => ({ kind: 'box', x, y, w, h })

// ---- 100 images of three classes, in no order

export const classes = ['cat', 'dog', 'bird'] as const
export const classOf = (image: number) => (image * 7 + (image >> 2)) % 3

// ---- 50 boxes of three classes on 10 images; those of a class are drawn one after the other, and the next image begins with the last

/** Per image, in the order that they are drawn. */
export const boxesOf = (image: number): { label: number; box: Box }[] => {
  const order = image % 2 ? [2, 1, 1, 0, 0] : [0, 0, 1, 1, 2]
  return order.map((label, i) => ({ label, box: [20 + 74 * i, 30 + ((image * 13 + i * 29) % 120), 52, 70] }))
}
/** How often the class is another than that of the box before, the first counted. */
export const classChanges = Array.from({ length: 10 }, (_, i) => boxesOf(i).map((b) => b.label))
  .flat()
  .filter((label, i, all) => label !== all[i - 1]).length

// ---- 20 proposals on 5 images: 11 are right, 4 have the wrong label, 3 the wrong corner, 2 are nothing

export type Mistake = { kind: 'label'; label: number } | { kind: 'corner'; to: readonly [number, number] } | { kind: 'nothing' }
export const mistakes = new Map<string, Mistake>([
  ['0:0', { kind: 'label', label: 1 }],
  ['0:2', { kind: 'corner', to: [284, 204] }],
  ['1:1', { kind: 'label', label: 2 }],
  ['1:3', { kind: 'nothing' }],
  ['2:0', { kind: 'corner', to: [98, 182] }],
  ['2:2', { kind: 'label', label: 1 }],
  ['3:3', { kind: 'label', label: 2 }],
  ['4:1', { kind: 'nothing' }],
  ['4:2', { kind: 'corner', to: [252, 172] }],
])
export const proposalsOf = (image: number): { label: number; box: Box }[] =>
  Array.from({ length: 4 }, (_, i) => ({ label: 0, box: [20 + 92 * i, 60 + ((image * 17 + i * 23) % 60), 64, 80] }))

// ---- 20 captions, each with words that mean a region: the region's own name in half of them

export const captionOf = (image: number) =>
  image % 2 ? { text: `the puppy sleeps here ${image}`, words: 'puppy' } : { text: `a dog runs on grass ${image}`, words: 'dog' }

// ---- 10 polygons on 2 images, each with a vertex in the wrong place, one that is missing and one too many

export const polygonAt = (i: number) => ({ x: 12 + 77 * i, y: 60 })
/** As it lies there: a square of 60 with its corner at (60, 60) pulled out to (72, 74), a needless vertex on its left side. */
export const rough = ({ x, y }: { x: number; y: number }) => [x, y, x + 60, y, x + 72, y + 74, x, y + 60, x - 8, y + 24]
/** With the corner in its place, the roof that was missing, and nothing needless. */
export const mended = ({ x, y }: { x: number; y: number }) => [x, y, x + 30, y - 24, x + 60, y, x + 60, y + 60, x, y + 60]

// ---- 30 images of a car each; 12 of them are trucks

export const trucks = [1, 4, 5, 8, 11, 13, 16, 19, 21, 24, 27, 28]

export const recordOf = (job: Job, image: number): Partial<ImageRecord> => {
  switch (job) {
    case 'proposals':
      return { regions: proposalsOf(image).map((p, z) => ({ label: classes[p.label]!, shape: box(p.box), z, ...model(0.9) })) }
    case 'captions':
      return {
        regions: [
          { label: 'dog', shape: box([40, 60, 90, 120]) },
          { label: 'bird', shape: box([240, 30, 60, 60]) },
        ],
      }
    case 'polygons':
      return {
        regions: Array.from({ length: 5 }, (_, i) => ({
          label: 'cat',
          shape: { kind: 'polygon' as const, parts: [[rough(polygonAt(i))]] },
          z: i,
        })),
      }
    case 'relabel':
      return { regions: [{ label: 'car', shape: box([60, 60, 200, 120]) }] }
    case 'export':
      return { labels: [{ label: classes[image % 3]! }] }
    default:
      return {}
  }
}
export const imagesOf: Record<Job, number> = { classify: 100, boxes: 10, proposals: 5, captions: 20, polygons: 2, relabel: 30, export: 30 }
