/** Merging, subtracting and reordering regions. */
import { polygonArea, polygonSubtract, polygonUnion } from '#shared/geometry/polygon.ts'
import { rleArea, rleSubtract, rleUnion } from '#shared/geometry/rle.ts'
import { shapeMask, shapePolygon } from '#shared/geometry/shape.ts'
import type { Region } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { defineCommands, type Run } from '../command.ts'
import type { RegionChange, Size } from '../types.ts'
import { counted, saved } from './change.ts'

/**
 * Combines the first selected region with the others into one area: polygons stay polygons unless a mask is among them. Null if not all
 * are areas.
 */
function combined(regions: readonly Region[], size: Size, how: 'merge' | 'subtract'): Shape | null {
  const shapes = regions.map((r) => r.shape)
  if (shapes.some((s) => s.kind === 'polyline' || s.kind === 'keypoints')) return null
  if (shapes.some((s) => s.kind === 'mask')) {
    const rle = shapes.map((s) => shapeMask(s, size.height, size.width)!).reduce(how === 'merge' ? rleUnion : rleSubtract)
    return rleArea(rle) > 0 ? { kind: 'mask', rle } : null
  }
  const parts = shapes.map((s) => shapePolygon(s)!).reduce(how === 'merge' ? polygonUnion : polygonSubtract)
  return parts.length ? { kind: 'polygon', parts } : null
}

/** The number of pixels of a mask, otherwise the area within the outline. */
const areaAs = (kind: Shape['kind'], shape: Shape, size: Size) =>
  kind === 'mask' ? rleArea(shapeMask(shape, size.height, size.width)!) : polygonArea(shapePolygon(shape)!)

/** The result takes the first region's place; merging removes the others, subtracting keeps them. */
const combine =
  (how: 'merge' | 'subtract'): Run =>
  (editor) => {
    const regions = saved(editor).filter((r) => !r.locked)
    if (!editor.image || regions.length < 2) return false
    const shape = combined(regions, editor.image, how)
    if (!shape) return false
    const [first, ...others] = regions
    // The others cover none of it, so keep it as the box or polygon that it is.
    if (how === 'subtract' && areaAs(shape.kind, first!.shape, editor.image) - areaAs(shape.kind, shape, editor.image) < 1e-6) return false
    const changes: RegionChange[] = [{ before: first!, after: { ...first!, shape } }]
    if (how === 'merge') changes.push(...others.map((before) => ({ before, after: null })))
    editor.commit(`${how} ${regions.length} regions`, changes)
    editor.setSelection([first!.id])
    return true
  }

/** Moves the selection past the next unselected region, or past all; only regions whose order changed get a new z. */
const reorder =
  (direction: 1 | -1, all: boolean): Run =>
  (editor) => {
    const moving = new Set(
      saved(editor)
        .filter((r) => !r.locked)
        .map((r) => r.id),
    )
    if (moving.size === 0) return false
    const upwards = editor.regions.all().filter(editor.regions.isSaved)
    const order = direction === 1 ? upwards : upwards.reverse() // "up" means towards the end
    const zs = order.map((r) => r.z)
    let next: Region[]
    if (all) next = [...order.filter((r) => !moving.has(r.id)), ...order.filter((r) => moving.has(r.id))]
    else {
      next = [...order]
      for (let i = next.length - 2; i >= 0; i--)
        if (moving.has(next[i]!.id) && !moving.has(next[i + 1]!.id)) [next[i], next[i + 1]] = [next[i + 1]!, next[i]!]
    }
    // Equal z values (from imports) cannot express the new order, so spread them first.
    for (let i = 1; i < zs.length; i++) if ((zs[i]! - zs[i - 1]!) * direction <= 0) zs[i] = zs[i - 1]! + direction
    editor.commit(
      counted('reorder', moving.size),
      next.map((before, i) => ({ before, after: before.z === zs[i] ? before : { ...before, z: zs[i]! } })),
    )
    return true
  }

export const arranging = defineCommands({
  merge: {
    group: 'edit',
    title: { en: 'Merge regions', ja: '領域を結合' },
    keys: ['Ctrl+M'],
    run: combine('merge'),
  },
  subtract: {
    group: 'edit',
    title: { en: 'Subtract regions', ja: '領域を切り抜く' },
    keys: ['Ctrl+Shift+M'],
    run: combine('subtract'),
  },
  'bring-forward': {
    group: 'edit',
    title: { en: 'Bring forward', ja: '前面へ' },
    keys: [']'],
    run: reorder(1, false),
  },
  'send-backward': {
    group: 'edit',
    title: { en: 'Send backward', ja: '背面へ' },
    keys: ['['],
    run: reorder(-1, false),
  },
  'bring-to-front': {
    group: 'edit',
    title: { en: 'Bring to front', ja: '最前面へ' },
    keys: ['Ctrl+]'],
    macKeys: ['Ctrl+Shift+]', 'Ctrl+Shift+}'],
    run: reorder(1, true),
  },
  'send-to-back': {
    group: 'edit',
    title: { en: 'Send to back', ja: '最背面へ' },
    keys: ['Ctrl+['],
    macKeys: ['Ctrl+Shift+[', 'Ctrl+Shift+{'],
    run: reorder(-1, true),
  },
})
