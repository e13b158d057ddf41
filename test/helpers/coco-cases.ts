import fs from 'node:fs'
import path from 'node:path'
import type { Rle } from '#shared/model/shape.ts'
import type { DetectionImage } from '../../src-main/engine/metrics/detection.ts'
import type { MaskImage } from '../../src-main/engine/metrics/segmentation.ts'

type Values = Readonly<Record<string, number | null>> & { readonly perClass: (number | null)[] }
type Row = { readonly image: number; readonly label: number; readonly box: [number, number, number, number]; readonly mask: string }
interface Case {
  readonly images: number
  readonly classes: number
  readonly size: [number, number]
  readonly truth: (Row & { readonly crowd: boolean })[]
  readonly found: (Row & { readonly score: number })[]
  readonly boxes: Values
  readonly masks: Values
  readonly iou: (number | null)[]
  readonly miou: number
}

export interface CocoCase {
  readonly classes: number
  readonly boxes: { readonly images: DetectionImage[]; readonly values: Values }
  readonly masks: { readonly images: MaskImage[]; readonly values: Values }
  /** IoU of each class over the pixels of all images, and their mean. */
  readonly iou: readonly (number | null)[]
  readonly miou: number
}

/** Objects of many sizes, and what pycocotools measures of their boxes and masks: test/parity/metrics/coco.py. */
export function cocoCases(): CocoCase[] {
  const file = path.join(import.meta.dirname, '../parity/metrics/coco.json')
  const { cases } = JSON.parse(fs.readFileSync(file, 'utf8')) as { cases: Case[] }
  return cases.map(({ images, classes, size, truth, found, boxes, masks, iou, miou }) => {
    const each = <T>(make: (own: <R extends Row>(rows: R[]) => R[]) => T) =>
      Array.from({ length: images }, (_, i) => make((rows) => rows.filter((r) => r.image === i + 1)))
    const box = ({ box: [x, y, w, h] }: Row) => ({ x, y, w, h })
    const mask = ({ mask: counts }: Row): Rle => ({ size, counts })
    return {
      classes,
      boxes: {
        values: boxes,
        images: each((own) => ({
          detections: own(found).map((r) => ({ label: r.label, score: r.score, box: box(r) })),
          truth: own(truth).map((r) => ({ label: r.label, crowd: r.crowd, box: box(r) })),
        })),
      },
      masks: {
        values: masks,
        images: each((own) => ({
          detections: own(found).map((r) => ({ label: r.label, score: r.score, mask: mask(r) })),
          truth: own(truth).map((r) => ({ label: r.label, crowd: r.crowd, mask: mask(r) })),
        })),
      },
      iou,
      miou,
    }
  })
}
