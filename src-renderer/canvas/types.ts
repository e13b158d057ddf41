import type { Region } from '#shared/model/region.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import type { MaskClick } from './mask-maker.ts'
import type { ColumnMask } from './masks/column-mask.ts'
import type { Point, Size } from './plane.ts'

export type { Point, Size } from './plane.ts'

/** Id of a region: positive once the application has saved it, negative before (see `CanvasEditor.rename`). */
export type RegionId = number

/** The image being labelled, upright, with its size in pixels. */
export interface CanvasImage extends Size {
  mediaId: number
  url: string
  /** Set for a huge image, which is then never loaded as a whole for display. */
  pyramid?: Pyramid
}

/** A huge image in tiles. Level 0 has full resolution; each further level halves it until one tile holds everything. */
export interface Pyramid {
  /** Side of a tile in pixels. */
  side: number
  tileUrl(level: number, x: number, y: number): string
  /** URL of a small version of the whole image. */
  overviewUrl: string
}

/** A change of one region. `before` is null if it was created, `after` if it was deleted. */
export interface RegionChange {
  before: Region | null
  after: Region | null
}

export interface Clipboard {
  regions: readonly Region[]
  mediaId: number
}

/**
 * What a model sees where nobody has annotated anything: drawn, selected and edited like a region, but saved nowhere until somebody
 * accepts it.
 */
export interface Ghost {
  /** A proposal with a temporary id. */
  readonly region: Region
  /** Of its label, or of what will become one. */
  readonly name: string
  readonly colour: string
  /** 0 to 1. */
  readonly score: number
  /** A region is there already. */
  readonly covered: boolean
}

/** One gesture or command, journaled, undone and redone as a whole. */
export interface RegionEdit {
  /** Shown to people, such as 'draw box' or 'move 3 regions'. */
  action: string
  changes: readonly RegionChange[]
}

/** From the input device; positions in CSS pixels from the canvas's top-left corner, time in milliseconds. */
export interface PointerInput extends Point {
  time: number
  /** 0 left, 1 middle, 2 right; -1 for moves. */
  button: number
  /** Bit mask of pressed buttons: 1 left, 2 right, 4 middle. */
  buttons: number
  shift: boolean
  alt: boolean
  /** Ctrl, or Command on a Mac. */
  ctrl: boolean
}

/** The pointer as a tool's state sees it. */
export interface PointerInfo {
  /** In image pixels. */
  point: Point
  /** In CSS pixels. */
  screen: Point
  button: number
  /** Whether the left button is pressed. */
  pressed: boolean
  /** The second press of a double click. */
  double: boolean
  shift: boolean
  alt: boolean
  ctrl: boolean
}

/** A vertex of a polygon (part, ring), a polyline or keypoints (part 0, ring 0). */
export interface VertexRef {
  part: number
  ring: number
  index: number
}

/** What a state wants drawn over the image; it vanishes with the state. */
export interface Overlay {
  /** The region being drawn, and its colour unless that is the active label's. */
  draft?: Shape
  colour?: string
  /** Flat points of an open line being drawn, up to the pointer. */
  line?: readonly number[]
  /** A mask being drawn, and the region that it will replace. */
  mask?: ColumnMask
  maskOf?: RegionId
  /** Regions as they will be when the gesture ends. */
  previews?: ReadonlyMap<RegionId, Shape>
  marquee?: Box
  /** Where the pointer snapped to. */
  snap?: Point
  /** A vertex that a press would insert. */
  ghost?: Point
  /** Diameter of the brush in image pixels. */
  brush?: { at: Point; size: number; erase: boolean }
  /** The line being measured. */
  ruler?: readonly Point[]
  /** What a model is asked for a mask, the scores of its answers, the index of the one shown, and whether a newer one is still to come. */
  prompt?: { clicks: readonly MaskClick[]; box?: Box; scores: readonly number[]; choice: number; waiting: boolean }
}

export interface CanvasSettings {
  /** Diameter of brush and eraser in image pixels. */
  brushSize: number
  /** Magic wand: largest difference of any channel from the pixel clicked, 0 to 255. */
  tolerance: number
  snapping: boolean
  crosshair: boolean
  minimap: boolean
  hideAll: boolean
  /** Whether label names are shown beside regions. */
  names: boolean
  /** Whether points snap to whole image pixels. */
  snapToPixels: boolean
  /** Whether the grid is shown, and snapped to while snapping is on; its cell in image pixels. */
  grid: boolean
  gridStep: number
  /** Whether guides and rulers are shown, and guides snapped to while snapping is on. */
  guides: boolean
  /** How boxes are drawn: by dragging, with two clicks, or either. */
  drawBy: 'either' | 'drag' | 'click'
  /** What a model's mask becomes. */
  keepMasksAs: 'mask' | 'polygon'
  /** How far a polygon made of a mask may be from its outline, in image pixels. */
  outlineTolerance: number
  /** Width of outlines in CSS pixels. */
  lineWidth: number
  /** Opacity of region fills, 0 to 1. */
  fillOpacity: number
  /** For display only: 1 leaves the image unchanged. */
  brightness: number
  contrast: number
  imageOpacity: number
}

/** What a person can choose. */
export const bounds = {
  brightness: { min: 0.2, max: 3, step: 0.05 },
  contrast: { min: 0.2, max: 3, step: 0.05 },
  imageOpacity: { min: 0, max: 1, step: 0.05 },
  fillOpacity: { min: 0, max: 1, step: 0.05 },
  lineWidth: { min: 0.5, max: 6, step: 0.5 },
} as const
export const defaultSettings: CanvasSettings = {
  brushSize: 24,
  tolerance: 24,
  snapping: true,
  crosshair: false,
  minimap: true,
  hideAll: false,
  names: false,
  snapToPixels: false,
  grid: false,
  gridStep: 32,
  guides: false,
  drawBy: 'either',
  keepMasksAs: 'mask',
  outlineTolerance: 1,
  lineWidth: 1.5,
  fillOpacity: 0.25,
  brightness: 1,
  contrast: 1,
  imageOpacity: 1,
}

/** What changed, for listeners. */
export type CanvasChange = 'image' | 'view' | 'regions' | 'ghosts' | 'selection' | 'tool' | 'overlay' | 'settings' | 'labels' | 'pointer'

/** RGBA, row-major, 8 bits a channel. */
export interface Pixels extends Size {
  data: Uint8ClampedArray | Uint8Array
}
