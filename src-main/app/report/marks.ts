import { symbol, symbolCircle, symbolCross, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, type SymbolType } from 'd3-shape'
import type { ReportRow, RowKind } from '#shared/model/report.ts'
import { html, type Html } from './html.ts'

/** Each kind of row has a colour and a shape, so that the plots are read without colour too. Colours: style.ts. */
const shapes: Record<RowKind, SymbolType> = {
  'zero-shot': symbolCircle,
  lp: symbolSquare,
  ft: symbolTriangle,
  'lp-ft': symbolDiamond,
  coop: symbolCross,
  sweep: symbolCircle,
  soup: symbolStar,
}

export const kindTitles: Record<RowKind, string> = {
  'zero-shot': 'Zero-shot',
  lp: 'Linear probe',
  ft: 'Fine-tuning',
  'lp-ft': 'LP-FT',
  coop: 'Prompt tuning',
  sweep: 'Sweep',
  soup: 'Soup',
}

/** The outline of a kind's mark about the origin, of `area` square pixels; a sweep's is smaller. */
export const markPath = (kind: RowKind, area = 90) => symbol(shapes[kind], kind === 'sweep' ? area * 0.4 : area)() ?? ''

/** The mark in a line of text; says nothing to a screen reader, the name beside it does. */
export const mark = ({ kind }: Pick<ReportRow, 'kind'>): Html =>
  html`<svg class="mark k-${kind}" viewBox="-9 -9 18 18" width="16" height="16" aria-hidden="true"><path d="${markPath(kind, 100)}"/></svg>`
