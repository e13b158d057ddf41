/** What the canvas does on a key or a menu's word. Each answers whether it had something to do. */
import { clipShape, shapeMask, shapePolygon } from '#shared/geometry/shape.ts'
import { polygonArea, polygonSubtract, polygonUnion } from '#shared/geometry/polygon.ts'
import { rleArea, rleSubtract, rleUnion } from '#shared/geometry/rle.ts'
import type { Region } from '#shared/model/region.ts'
import type { KeypointsShape, Shape } from '#shared/model/shape.ts'
import type { Visibility } from '#shared/model/skeleton.ts'
import type { CanvasEditor } from './editor.ts'
import { nextPoint, otherPresence, otherSight } from './keypoints.ts'
import { ColumnMask } from './masks/column-mask.ts'
import { isShown } from './regions.ts'
import type { CanvasAction } from './shortcuts.ts'
import { boundsOfShapes, movedWithin, translate } from './transform.ts'
import { vertexRegion } from './tools/select/selection.ts'
import { moveVertices, nearestVertex, vertexAt } from './vertices.ts'
import { toImage } from './view.ts'
import { toolNames, type Point, type RegionChange, type Size } from './types.ts'

export interface Clipboard {
  regions: readonly Region[]
  mediaId: number
}

type Command = (editor: CanvasEditor) => boolean

const counted = (verb: string, n: number) => (n === 1 ? `${verb} region` : `${verb} ${n} regions`)

/** The vertices chosen, which stay chosen; false where none is. */
function nudgeVertices(editor: CanvasEditor, dx: number, dy: number): boolean {
  const region = vertexRegion(editor)
  const refs = editor.vertexSelection
  if (!region || refs.length === 0) return false
  const { width, height } = editor.image!
  const inside = refs.every((ref) => {
    const p = vertexAt(region.shape, ref)
    return p && p.x + dx >= 0 && p.y + dy >= 0 && p.x + dx <= width && p.y + dy <= height
  })
  if (inside) editor.commitShape('move vertex', region.id, moveVertices(region.shape, refs, dx, dy))
  editor.setVertexSelection(refs)
  return true
}

/** The same change to all that are selected and may be changed. */
const change =
  (verb: string, of: (e: CanvasEditor) => readonly Region[], to: (r: Region, all: readonly Region[]) => Region | null): Command =>
  (editor) => {
    const regions = of(editor)
    editor.commit(
      counted(verb, regions.length),
      regions.map((before) => ({ before, after: to(before, regions) })),
    )
    return regions.length > 0
  }
const editable = (e: CanvasEditor) => e.editable
const selected = (e: CanvasEditor) => e.selected

/** As it may lie on an image of this size: moved, masks set on the image's grid, cut at its border; null where nothing is left. */
function fitted(shape: Shape, size: Size, dx: number, dy: number): Shape | null {
  const moved: Shape =
    shape.kind === 'mask'
      ? { kind: 'mask', rle: ColumnMask.fromRle(shape.rle).placed(size, Math.round(dx), Math.round(dy)).toRle() }
      : translate(shape, dx, dy)
  if (moved.kind === 'mask') return rleArea(moved.rle) > 0 ? moved : null
  return clipShape(moved, size.width, size.height)
}

/** Copies on top of the rest, selected; on the image they came from, a little aside. */
function insert(editor: CanvasEditor, action: string, regions: readonly Region[], aside: boolean): boolean {
  const step = aside ? Math.max(1, Math.round(editor.reach(12))) : 0
  return insertAt(editor, action, regions, { x: step, y: step })
}

type Drawn = Pick<Region, 'labelId' | 'shape' | 'attributes'>
/** New regions like these, moved by so much as far as the image goes; null: at the same place, without what lies outside. */
export function insertAt(editor: CanvasEditor, action: string, regions: readonly Drawn[], move: Point | null): boolean {
  if (!editor.image || regions.length === 0) return false
  const size = editor.image
  const by = move ? movedWithin(boundsOfShapes(regions.map((r) => r.shape)), move.x, move.y, size) : { x: 0, y: 0 }
  const top = editor.regions.topZ
  const added = regions.flatMap((r, i) => {
    const shape = fitted(r.shape, size, by.x, by.y)
    return shape ? [editor.newRegion(shape, { labelId: r.labelId, attributes: r.attributes, z: top + 1 + i })] : []
  })
  editor.commit(
    counted(action, added.length),
    added.map((after) => ({ before: null, after })),
  )
  editor.setSelection(added.map((r) => r.id))
  return added.length > 0
}

const byZ = (regions: readonly Region[]) => [...regions].sort((a, b) => a.z - b.z)

const copy: Command = (editor) => {
  if (!editor.image || editor.selection.length === 0) return false
  editor.clipboard = { regions: byZ(editor.selected), mediaId: editor.image.mediaId }
  return true
}

/** The first selected and those after it, as one area; polygons stay polygons unless a mask is among them. Null: not areas. */
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

/** In pixels as a mask, else of its outline. */
const areaAs = (kind: Shape['kind'], shape: Shape, size: Size) =>
  kind === 'mask' ? rleArea(shapeMask(shape, size.height, size.width)!) : polygonArea(shapePolygon(shape)!)

/** The result takes the first region's place; merging removes the others, subtracting keeps them. */
const combine =
  (how: 'merge' | 'subtract'): Command =>
  (editor) => {
    const regions = editor.editable
    if (!editor.image || regions.length < 2) return false
    const shape = combined(regions, editor.image, how)
    if (!shape) return false
    const [first, ...others] = regions
    // Nothing of it lies under the others: it stays the box or the outline that it is.
    if (how === 'subtract' && areaAs(shape.kind, first!.shape, editor.image) - areaAs(shape.kind, shape, editor.image) < 1e-6) return false
    const changes: RegionChange[] = [{ before: first!, after: { ...first!, shape } }]
    if (how === 'merge') changes.push(...others.map((before) => ({ before, after: null })))
    editor.commit(`${how} ${regions.length} regions`, changes)
    editor.setSelection([first!.id])
    return true
  }

/** One step past the next region that is not selected, or past all: z is given anew, to those only whose order changed. */
const reorder =
  (direction: 1 | -1, all: boolean): Command =>
  (editor) => {
    const moving = new Set(editor.editable.map((r) => r.id))
    if (moving.size === 0) return false
    const order = direction === 1 ? [...editor.regions.all()] : [...editor.regions.all()].reverse() // "up" is towards the end
    const zs = order.map((r) => r.z)
    let next: Region[]
    if (all) next = [...order.filter((r) => !moving.has(r.id)), ...order.filter((r) => moving.has(r.id))]
    else {
      next = [...order]
      for (let i = next.length - 2; i >= 0; i--)
        if (moving.has(next[i]!.id) && !moving.has(next[i + 1]!.id)) [next[i], next[i + 1]] = [next[i + 1]!, next[i]!]
    }
    // Equal z (as imports leave them) could not tell the new order: spread them first.
    for (let i = 1; i < zs.length; i++) if ((zs[i]! - zs[i - 1]!) * direction <= 0) zs[i] = zs[i - 1]! + direction
    editor.commit(
      counted('reorder', moving.size),
      next.map((before, i) => ({ before, after: before.z === zs[i] ? before : { ...before, z: zs[i]! } })),
    )
    return true
  }

/** Of the one region of keypoints: the points chosen, or the one under the pointer, get another state; chosen they stay. */
const pointState =
  (to: (shape: KeypointsShape, indices: readonly number[]) => Visibility): Command =>
  (editor) => {
    const region = vertexRegion(editor)
    if (region?.shape.kind !== 'keypoints') return false
    const { shape } = region
    const under = editor.pointer && nearestVertex(shape, editor.pointer, editor.reach())
    const refs = editor.vertexSelection.length ? editor.vertexSelection : under ? [under] : []
    if (refs.length === 0) return false
    const indices = refs.map((r) => r.index)
    editor.setPointStates(region.id, indices, to(shape, indices))
    return true
  }

/** Through the pointer; where one lies there it goes. */
const guide =
  (axis: 'x' | 'y'): Command =>
  (editor) => {
    if (!editor.image || !editor.pointer) return false
    editor.toggleGuide(axis, editor.pointer[axis])
    return true
  }

/** Through the points of what is selected, one after the other. */
const walk =
  (by: 1 | -1): Command =>
  (editor) => {
    const region = vertexRegion(editor)
    if (region?.shape.kind !== 'keypoints') return false
    const index = nextPoint(
      region.shape,
      editor.vertexSelection.map((r) => r.index),
      by,
    )
    if (index === null) return false
    editor.setVertexSelection([{ part: 0, ring: 0, index }])
    return true
  }

const nudge =
  (dx: number, dy: number): Command =>
  (editor) => {
    const regions = editor.editable
    if (!editor.image || regions.length === 0) return false
    if (nudgeVertices(editor, dx, dy)) return true
    const by = movedWithin(boundsOfShapes(regions.map((r) => r.shape)), dx, dy, editor.image)
    return change('move', editable, (r) => (by.x || by.y ? { ...r, shape: translate(r.shape, by.x, by.y) } : r))(editor)
  }

const zoom =
  (factor: number): Command =>
  (editor) => {
    editor.zoom(factor)
    return true
  }
const brush =
  (factor: number): Command =>
  (editor) => {
    const size = Math.round(editor.settings.brushSize * factor)
    editor.set({ brushSize: Math.min(512, Math.max(1, size === editor.settings.brushSize ? size + Math.sign(factor - 1) : size)) })
    return true
  }
const toggle =
  (name: 'snapping' | 'crosshair' | 'minimap' | 'hideAll' | 'names' | 'grid' | 'guides' | 'snapToPixels'): Command =>
  (editor) => {
    editor.set({ [name]: !editor.settings[name] })
    return true
  }
const nothing: Command = () => false

type ToolCommands = { [K in `tool-${(typeof toolNames)[number]}`]: Command }
const toolCommands = Object.fromEntries(
  toolNames.map((name): [string, Command] => [
    `tool-${name}`,
    (editor) => {
      editor.setTool(name)
      return true
    },
  ]),
) as ToolCommands

const atHand = (e: CanvasEditor) => e.atHand.filter((r) => !r.locked)
const remove = change('delete', atHand, () => null)

export const commands: Record<CanvasAction, Command> = {
  ...toolCommands,
  'tool-last': (editor) => {
    editor.setTool(editor.lastTool)
    return true
  },
  // The states' own; here, nothing was in progress.
  undo: nothing,
  redo: nothing,
  confirm: nothing,
  'remove-last': nothing,
  cancel: (editor) => {
    const had = editor.selection.length > 0
    editor.setSelection([])
    return had
  },
  delete: remove,
  'select-all': (editor) => {
    editor.setSelection(
      editor.regions
        .all()
        .filter((r) => isShown(r) && !r.locked)
        .map((r) => r.id),
    )
    return true
  },
  duplicate: (editor) => insert(editor, 'duplicate', byZ(editor.selected), true),
  copy,
  cut: (editor) => copy(editor) && remove(editor),
  paste: (editor) => insert(editor, 'paste', editor.clipboard?.regions ?? [], editor.clipboard?.mediaId === editor.image?.mediaId),
  merge: combine('merge'),
  subtract: combine('subtract'),
  'bring-forward': reorder(1, false),
  'send-backward': reorder(-1, false),
  'bring-to-front': reorder(1, true),
  'send-to-back': reorder(-1, true),
  hide: change('hide', selected, (r, all) => ({ ...r, hidden: !all.every((s) => s.hidden) })),
  lock: change('lock', selected, (r, all) => ({ ...r, locked: !all.every((s) => s.locked) })),
  'hide-all': toggle('hideAll'),
  'toggle-snapping': toggle('snapping'),
  'toggle-crosshair': toggle('crosshair'),
  'toggle-minimap': toggle('minimap'),
  'toggle-names': toggle('names'),
  'toggle-grid': toggle('grid'),
  'toggle-guides': toggle('guides'),
  'toggle-pixels': toggle('snapToPixels'),
  'guide-upright': guide('x'),
  'guide-level': guide('y'),
  'place-skeleton': (editor) =>
    editor.placeSkeleton(editor.pointer ?? toImage(editor.view, { x: editor.viewport.width / 2, y: editor.viewport.height / 2 })),
  'point-hidden': pointState(otherSight),
  'point-missing': pointState(otherPresence),
  'next-point': walk(1),
  'previous-point': walk(-1),
  'nudge-left': nudge(-1, 0),
  'nudge-right': nudge(1, 0),
  'nudge-up': nudge(0, -1),
  'nudge-down': nudge(0, 1),
  'zoom-in': zoom(1.25),
  'zoom-out': zoom(0.8),
  'zoom-fit': (editor) => {
    editor.fit()
    return true
  },
  'zoom-region': (editor) => {
    if (editor.selection.length === 0) return false
    editor.zoomTo(boundsOfShapes(editor.selected.map((r) => r.shape)))
    return true
  },
  'zoom-actual': (editor) => {
    editor.zoom(1 / editor.view.scale)
    return true
  },
  'brush-smaller': brush(0.8),
  'brush-larger': brush(1.25),
}
