/** Draws all regions that are not being edited into one bitmap; after an edit, only the area around it. */
import RBush, { type BBox } from 'rbush'
import { boxIntersection, boxUnion, shapeBox } from '#shared/geometry/box.ts'
import type { Box } from '#shared/model/shape.ts'
import { flatBox, flatOf } from '../masks/flat-mask.ts'
import type { PaintWindow } from '../masks/paint.ts'
import type { FromRaster, ToRaster } from './raster-protocol.ts'
import { paintMasks, paintVectors, type SceneRegion, type Style } from './scene.ts'

// The compiler only knows the page's globals, so the two used from the worker's are declared here.
interface WorkerPort {
  onmessage: ((e: MessageEvent<ToRaster>) => void) | null
  postMessage(message: FromRaster, transfer: Transferable[]): void
}
const port = globalThis as unknown as WorkerPort

interface Entry extends BBox {
  box: Box
  region: SceneRegion
}

interface Drawn {
  key: string
  window: PaintWindow
  /** Drawn live by the page, so not drawn here. */
  hidden: ReadonlySet<number>
  dense: boolean
}
type DrawMessage = Extract<ToRaster, { type: 'draw' }>

/** With more visible regions than this, outlines become hairlines: several times faster, and clearer. */
const dense = 1000

const entries = new Map<number, Entry>()
const tree = new RBush<Entry>()
let canvas = new OffscreenCanvas(1, 1)
let drawn: Drawn | null = null
/** The area (image pixels) that is out of date. */
let dirty: Box | null = null

const touch = (box: Box) => (dirty = dirty ? boxUnion(dirty, box) : box)

function entryOf(region: SceneRegion): Entry {
  const { shape } = region
  const box = shape.kind === 'mask' ? flatBox(flatOf(shape)) : shapeBox(shape)
  return { minX: box.x, minY: box.y, maxX: box.x + box.w, maxY: box.y + box.h, box, region }
}

function remove(id: number): void {
  const entry = entries.get(id)
  if (!entry) return
  entries.delete(id)
  tree.remove(entry)
  touch(entry.box)
}

port.onmessage = ({ data }) => {
  switch (data.type) {
    case 'load': {
      entries.clear()
      tree.clear()
      const loaded = data.regions.map(entryOf)
      for (const entry of loaded) entries.set(entry.region.id, entry)
      tree.load(loaded)
      drawn = null
      return
    }
    case 'update':
      for (const id of data.delete) remove(id)
      for (const region of data.set) {
        remove(region.id)
        const entry = entryOf(region)
        entries.set(region.id, entry)
        tree.insert(entry)
        touch(entry.box)
      }
      return
    case 'draw':
      void draw(data)
  }
}

async function draw({ ticket, window, style, except, hideAll }: DrawMessage): Promise<void> {
  const from = performance.now()
  const hidden = new Set(except)
  const key = JSON.stringify([window.scale, style, hideAll])
  const last = drawn?.key === key ? drawn : null
  const moved =
    !last ||
    last.window.x !== window.x ||
    last.window.y !== window.y ||
    last.window.width !== window.width ||
    last.window.height !== window.height
  if (last) {
    for (const id of last.hidden) if (!hidden.has(id) && entries.has(id)) touch(entries.get(id)!.box)
    for (const id of hidden) if (!last.hidden.has(id) && entries.has(id)) touch(entries.get(id)!.box)
  }
  const all = { x: 0, y: 0, w: window.width, h: window.height }
  const stale = last ? dirty && onCanvas(dirty, window, 6 * style.lineWidth) : all
  drawn = { key, window, hidden, dense: last?.dense ?? inWindow(all, window, 0).length > dense }
  dirty = null
  const areas = [...(moved ? move(last?.window ?? null, window) : []), ...(stale ? [stale] : [])]
  for (const area of areas.includes(all) ? [all] : areas) paint(area, drawn, style, hideAll)
  // Always the whole bitmap: the page shows a transferred bitmap without copying it.
  const bitmap = moved || stale ? await createImageBitmap(canvas) : null
  port.postMessage({ ticket, window, bitmap, took: performance.now() - from }, bitmap ? [bitmap] : [])
}

/** Reuses what is already drawn if both windows share a pixel grid; returns the areas left to draw. */
function move(from: PaintWindow | null, to: PaintWindow): Box[] {
  const old = canvas
  canvas = new OffscreenCanvas(to.width, to.height)
  const all = { x: 0, y: 0, w: to.width, h: to.height }
  if (!from) return [all]
  const dx = Math.round((from.x - to.x) * to.scale)
  const dy = Math.round((from.y - to.y) * to.scale)
  const kept = boxIntersection(all, { x: dx, y: dy, w: old.width, h: old.height })
  if (!kept) return [all]
  context().drawImage(old, dx, dy)
  const below = kept.y + kept.h
  const right = kept.x + kept.w
  return [
    { x: 0, y: 0, w: to.width, h: kept.y },
    { x: 0, y: below, w: to.width, h: to.height - below },
    { x: 0, y: kept.y, w: kept.x, h: kept.h },
    { x: right, y: kept.y, w: to.width - right, h: kept.h },
  ].filter((b) => b.w > 0 && b.h > 0)
}

// Drawn on this thread, not in the GPU process, which the page needs for its own frames.
const context = () => canvas.getContext('2d', { willReadFrequently: true })!

/** The canvas pixels covered by a box of image pixels; null if none are visible. */
function onCanvas(b: Box, w: PaintWindow, margin: number): Box | null {
  const x0 = Math.floor((b.x - w.x) * w.scale - margin)
  const y0 = Math.floor((b.y - w.y) * w.scale - margin)
  const x1 = Math.ceil((b.x + b.w - w.x) * w.scale + margin)
  const y1 = Math.ceil((b.y + b.h - w.y) * w.scale + margin)
  return boxIntersection({ x: x0, y: y0, w: x1 - x0, h: y1 - y0 }, { x: 0, y: 0, w: w.width, h: w.height })
}

function inWindow(area: Box, w: PaintWindow, margin: number): SceneRegion[] {
  const [minX, minY] = [w.x + (area.x - margin) / w.scale, w.y + (area.y - margin) / w.scale]
  return tree
    .search({ minX, minY, maxX: minX + (area.w + 2 * margin) / w.scale, maxY: minY + (area.h + 2 * margin) / w.scale })
    .map((e) => e.region)
}

function paint(area: Box, { window: w, hidden, dense }: Drawn, given: Style, hideAll: boolean): void {
  const ctx = context()
  ctx.save()
  ctx.beginPath()
  ctx.rect(area.x, area.y, area.w, area.h)
  ctx.clip()
  ctx.clearRect(area.x, area.y, area.w, area.h)
  if (!hideAll) {
    const style = dense ? { ...given, lineWidth: 1, halo: false } : given
    const regions = inWindow(area, w, 6 * style.lineWidth)
      .filter((r) => !hidden.has(r.id))
      .sort((a, b) => a.z - b.z || a.id - b.id)
    const masks = paintMasks(regions, { ...w, x: w.x + area.x / w.scale, y: w.y + area.y / w.scale, width: area.w, height: area.h }, style)
    if (masks) ctx.putImageData(masks, area.x, area.y)
    paintVectors(ctx, regions, w, style)
  }
  ctx.restore()
}
