import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
  type SymbolType,
} from 'd3-shape'
import type { ReportRow } from '#shared/model/report.ts'
import { type Mark, type MarkShape, recipes } from '../../engine/recipes/index.ts'
import { html, type Html } from './html.ts'

/** A regular polygon of the given area, standing on a corner. */
const polygon = (corners: number): SymbolType => ({
  draw(context, area) {
    const radius = Math.sqrt((2 * area) / corners / Math.sin((2 * Math.PI) / corners))
    for (let i = 0; i < corners; i++) {
      const angle = Math.PI / 2 + (2 * Math.PI * i) / corners
      context[i ? 'lineTo' : 'moveTo'](radius * Math.cos(angle), radius * Math.sin(angle))
    }
    context.closePath()
  },
})

/** A closed outline through these points, of the given area. */
const outline = (...points: readonly (readonly [number, number])[]): SymbolType => ({
  draw(context, area) {
    const twice = points.reduce((sum, [x, y], i) => {
      const [u, v] = points[(i + 1) % points.length]!
      return sum + x * v - u * y
    }, 0)
    const scale = Math.sqrt((2 * area) / Math.abs(twice))
    points.forEach(([x, y], i) => context[i ? 'lineTo' : 'moveTo'](scale * x, scale * y))
    context.closePath()
  },
})

const shapes: Record<MarkShape, SymbolType> = {
  circle: symbolCircle,
  square: symbolSquare,
  triangle: symbolTriangle,
  'triangle-down': polygon(3),
  diamond: symbolDiamond,
  cross: symbolCross,
  star: symbolStar,
  wye: symbolWye,
  pentagon: polygon(5),
  hexagon: polygon(6),
  kite: outline([0, -3], [2, -1], [0, 4], [-2, -1]),
  arrow: outline([0, -3], [3, 1], [1, 1], [1, 3], [-1, 3], [-1, 1], [-3, 1]),
  hourglass: outline([-3, -4], [3, -4], [1, 0], [3, 4], [-3, 4], [-1, 0]),
  chevron: outline([-3, -3], [0, -1], [3, -3], [3, 1], [0, 3], [-3, 1]),
  drop: outline([0, -4], [2, 0], [2, 2], [1, 3], [-1, 3], [-2, 2], [-2, 0]),
  bow: outline([-4, -3], [0, -1], [4, -3], [4, 3], [0, 1], [-4, 3]),
  bolt: outline([1, -4], [3, -1], [1, 0], [2, 4], [-3, 0], [0, -1], [-2, -4]),
  tee: outline([-3, -3], [3, -3], [3, -1], [1, -1], [1, 3], [-1, 3], [-1, -1], [-3, -1]),
  trapezoid: outline([-2, -3], [2, -3], [4, 3], [-4, 3]),
  ell: outline([-3, -3], [-1, -3], [-1, 1], [3, 1], [3, 3], [-3, 3]),
  flag: outline([-3, -4], [3, -2], [-1, 1], [-1, 4], [-3, 4]),
  bubble: outline([-4, -4], [4, -4], [4, 2], [-1, 2], [-3, 4], [-3, 2], [-4, 2]),
  lock: outline([-2, -4], [2, -4], [2, -1], [3, -1], [3, 4], [-3, 4], [-3, -1], [-2, -1]),
  crown: outline([-4, -3], [-2, 0], [0, -3], [2, 0], [4, -3], [4, 3], [-4, 3]),
  tag: outline([-4, 0], [-1, -3], [4, -3], [4, 3], [-1, 3]),
  bars: outline([-4, 3], [-4, -1], [-1, -1], [-1, 3], [1, 3], [1, -4], [4, -4], [4, 3]),
  steps: outline([-4, 4], [-4, 1], [-1, 1], [-1, -1], [1, -1], [1, -4], [4, -4], [4, 4]),
  fork: outline([-3, -4], [-1, -4], [-1, -1], [1, -1], [1, -4], [3, -4], [3, 1], [1, 1], [1, 4], [-1, 4], [-1, 1], [-3, 1]),
  ring: outline([-4, -4], [4, -4], [4, 4], [-4, 4], [-4, 2], [2, 2], [2, -2], [-4, -2]),
  house: outline([0, -3], [3, 0], [3, 3], [-3, 3], [-3, 0]),
}

/** Marks of rows that do not belong to a recipe. */
const others: Readonly<Record<string, Mark>> = {
  sweep: { label: 'Sweep', shape: 'circle', light: '#ab9573', dark: '#8d7b60' },
  soup: { label: 'Soup', shape: 'star', light: '#b07d08', dark: '#efc14c' },
}

/** Each kind of row has its own colour and shape, so that plots are readable without colour. */
export const marks: Readonly<Record<string, Mark>> = { ...Object.fromEntries(recipes.map((r) => [r.id, r.mark])), ...others }

/** A row of an unknown recipe is drawn like one of a sweep, under its own name. */
const markOf = (kind: string): Mark => marks[kind] ?? { ...others['sweep']!, label: kind }

export const kindTitle = (kind: string): string => markOf(kind).label

/** The CSS class that colours a row. */
export const kindClass = (kind: string): string => `k-${kind in marks ? kind : 'sweep'}`

/** The outline of a kind's mark centred on the origin, of `area` square pixels; smaller for a sweep. */
export const markPath = (kind: string, area = 90) => symbol(shapes[markOf(kind).shape], kind === 'sweep' ? area * 0.4 : area)() ?? ''

/** The mark for inline text; hidden from screen readers, since the name is next to it. */
export const mark = ({ kind }: Pick<ReportRow, 'kind'>): Html =>
  html`<svg class="mark ${kindClass(kind)}" viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true"
    ><path d="${markPath(kind, 100)}"/></svg>`
