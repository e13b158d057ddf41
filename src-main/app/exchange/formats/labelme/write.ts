/** Writes images as LabelMe files, one next to each image. */
import { encode } from 'fast-png'
import path from 'node:path'
import { rleToBitmap } from '#shared/geometry/rle.ts'
import { rleBox } from '#shared/geometry/rle.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../../findings.ts'
import { provenanceOf } from '../../provenance.ts'
import { groupAttribute, hasHoles, maskOf, outlines } from '../../shapes.ts'
import { copyImage, freeName, type Item, type Target, withoutImagesFolder, writeFile } from '../../target.ts'
import { labelOf } from '../../unlabelled.ts'
import { stemOf } from '../../tree.ts'

export function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `${stem}.json`)
    copyImage(target, item, name)
    const described = new Map<number, string>()
    for (const c of record.captions ?? [])
      if (c.region != null) described.set(c.region, described.has(c.region) ? `${described.get(c.region)}\n${c.text}` : c.text)
    // Existing group numbers are kept; parts get new ones above them.
    let group = Math.max(0, ...(record.regions ?? []).map((r) => Number(r.attributes?.[groupAttribute]) || 0))
    const shapes = (record.regions ?? []).flatMap((r, i) => {
      const some = shapesOf(r, item)
      if (some.length === 0)
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.size-unknown-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
      const { [groupAttribute]: own, ...rest } = r.attributes ?? {}
      const keepsGroup = some.length <= 1 && (typeof own === 'number' || typeof own === 'string')
      const group_id = some.length > 1 ? ++group : keepsGroup ? own : null
      const flags = Object.fromEntries(Object.entries(rest).filter(([, v]) => typeof v === 'boolean'))
      const attributes = Object.fromEntries(
        Object.entries(keepsGroup ? rest : (r.attributes ?? {})).filter(([, v]) => typeof v !== 'boolean'),
      )
      return some.map(({ dashi, ...s }, k) => {
        const extra = { ...provenanceOf(r), ...dashi }
        return {
          label: labelOf(r),
          group_id,
          description: k === 0 ? (described.get(i) ?? '') : '',
          flags,
          mask: null,
          ...(Object.keys(attributes).length ? { attributes } : {}),
          ...(Object.keys(extra).length ? { dashi: extra } : {}),
          ...s,
        }
      })
    })
    const whole = (record.captions ?? []).filter((c) => c.region == null)
    if (whole.length > 1) target.findings.leave({ file: record.fileName }, sentence('finding.several-captions', { n: whole.length }))
    const document = {
      version: '5.5.0',
      flags: Object.fromEntries((record.labels ?? []).map((l) => [l.label, true])),
      shapes,
      ...(whole[0] ? { description: whole[0].text } : {}),
      ...(record.tags?.length ? { tags: record.tags } : {}),
      imagePath: path.posix.basename(name),
      imageData: null,
      imageHeight: record.height ?? null,
      imageWidth: record.width ?? null,
    }
    writeFile(target, `${stemOf(name)}.json`, `${JSON.stringify(document, null, 2)}\n`)
  }
}

/** A LabelMe shape plus, in `dashi`, what LabelMe cannot store. */
type Written = { shape_type: string; points: number[][]; dashi?: object } & Record<string, unknown>

const pairs = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!])

function shapesOf({ shape }: RecordRegion, { record }: Item): Written[] {
  switch (shape.kind) {
    case 'box':
      return [
        {
          shape_type: 'rectangle',
          points: [
            [shape.x, shape.y],
            [shape.x + shape.w, shape.y + shape.h],
          ],
        },
      ]
    case 'polyline':
      return [{ shape_type: 'linestrip', points: pairs(shape.points) }]
    case 'keypoints': {
      const seen = shape.points.filter((p) => p.v > 0)
      const plain = seen.length === shape.points.length && !shape.edges?.length && seen.every((p) => p.v === 2 && p.name === undefined)
      const dashi = plain ? {} : { dashi: { points: shape.points, ...(shape.edges?.length ? { edges: shape.edges } : {}) } }
      return [
        {
          shape_type: seen.length === 1 ? 'point' : 'points',
          points: (seen.length ? seen : shape.points).map((p) => [p.x, p.y]),
          ...dashi,
        },
      ]
    }
    case 'rotated-box':
      return [{ shape_type: 'polygon', points: pairs(rotatedBoxRing(shape)), direction: (shape.angle * Math.PI) / 180 }]
    case 'polygon':
      if (!hasHoles(shape)) return outlines(shape)!.map((ring) => ({ shape_type: 'polygon', points: pairs(ring) }))
  }
  if (shape.kind !== 'mask' && !(record.width && record.height)) return []
  const rle = maskOf(shape, { width: record.width ?? 0, height: record.height ?? 0 })!
  const [height, width] = rle.size
  const { x, y, w, h } = rleBox(rle)
  if (w === 0) return []
  const bits = rleToBitmap(rle)
  const crop = new Uint8Array(w * h)
  for (let row = 0; row < h; row++) for (let col = 0; col < w; col++) crop[row * w + col] = bits[(y + row) * width + x + col] ? 255 : 0
  void height
  const mask = Buffer.from(encode({ width: w, height: h, data: crop, channels: 1, depth: 8 })).toString('base64')
  // LabelMe's second corner is the last pixel itself, not one past it.
  return [
    {
      shape_type: 'mask',
      points: [
        [x, y],
        [x + w - 1, y + h - 1],
      ],
      mask,
    },
  ]
}
