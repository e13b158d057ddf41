/** Segment Anything's masks of one image: as in SA-1B (image and annotations), or the list returned by its mask generator. */
import path from 'node:path'
import { checkRuns, encodeRle } from '#shared/geometry/rle.ts'
import type { Shape } from '#shared/model/shape.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../findings.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { isObject, numberOf, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { imageNamed, jsonOf, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxOf, polygonOf, toRing } from '../shapes.ts'
import { stemOf } from '../tree.ts'

const recognises = ({ name, has, list, outline }: Peek) =>
  name.endsWith('.json') &&
  (outline.root === 'array'
    ? outline.keys.has('segmentation') && has('predicted_iou')
    : outline.keys.get('image') === 'object' && list('annotations') && has('segmentation') && !has('images'))

function* read(source: Source): Generator<Draft> {
  const { images, findings } = source
  for (const file of ownFiles(source, recognises)) {
    const json = jsonOf(source, file)
    const list = Array.isArray(json) ? json : isObject(json) && Array.isArray(json['annotations']) ? json['annotations'] : null
    if (!list) {
      if (json !== undefined) findings.leave({ file }, sentence('finding.annotations-list'))
      continue
    }
    const about = isObject(json) && isObject(json['image']) ? json['image'] : {}
    const named = typeof about['file_name'] === 'string' ? about['file_name'] : stemOf(path.posix.basename(file))
    const image = imageNamed(images, named, file)
    if (!image) {
      findings.leave({ file }, outside('image.file_name', named))
      continue
    }
    const regions = list.flatMap((a: unknown, i): DraftRegion[] => {
      try {
        if (!isObject(a)) throw new Unfit(sentence('finding.not-object'))
        // Area and box follow from the mask.
        const rest = Object.fromEntries(
          Object.entries(a)
            .filter(([k]) => !['segmentation', 'bbox', 'area', 'image_id'].includes(k))
            .map(([k, v]) => [k, Array.isArray(v) ? JSON.stringify(v) : v]),
        )
        return [{ label: null, shape: shapeOf(a), ...withAttributes(rest) }]
      } catch (e) {
        findings.leave({ file }, sentence('in-field', { field: `annotations.${i}`, problem: reasonFor(e) }))
        return []
      }
    })
    const [width, height] = [numberOf(about['width']), numberOf(about['height'])]
    yield {
      image,
      where: { file },
      regions,
      split: splitBy(image.path, file),
      ...(width > 0 && height > 0 ? { size: { width, height } } : {}),
    }
  }
}

function shapeOf(a: Record<string, unknown>): Shape {
  const s = a['segmentation']
  if (isObject(s)) {
    const size = Array.isArray(s['size']) ? s['size'].map(numberOf) : []
    const [height = NaN, width = NaN] = size
    if (!(Number.isInteger(height) && Number.isInteger(width) && width > 0 && height > 0))
      throw new Unfit(sentence('finding.segmentation-size'))
    if (typeof s['counts'] === 'string') return { kind: 'mask', rle: { size: [height, width], counts: s['counts'] } }
    if (!Array.isArray(s['counts'])) throw new Unfit(sentence('finding.segmentation-counts'))
    return { kind: 'mask', rle: encodeRle(checkRuns({ height, width, counts: s['counts'].map(numberOf) })) }
  }
  const rings = Array.isArray(s)
    ? (s.every((n) => typeof n === 'number') ? [s] : s).flatMap((r) =>
        Array.isArray(r) ? (toRing(r.flat().map(numberOf)) ? [toRing(r.flat().map(numberOf))!] : []) : [],
      )
    : []
  if (rings.length) return polygonOf(...rings)
  const b = Array.isArray(a['bbox']) ? a['bbox'].map(numberOf) : []
  if (b.length !== 4) throw new Unfit(sentence('finding.no-segmentation'))
  return boxOf(...(b as [number, number, number, number]))
}

export default defineFormat({
  id: 'segment-anything',
  order: 90,
  title: properName('Segment Anything JSON'),
  about: {
    en: 'Masks of one image, as in SA-1B or as the mask generator returns them',
    ja: '一枚の画像のマスク（SA-1B、またはマスク生成器の出力）',
  },
  extensions: ['.json'],
  reference: 'https://github.com/facebookresearch/segment-anything#dataset',
  recognises,
  beside: true,
  read,
})
