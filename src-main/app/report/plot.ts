/** A plot, table or list of the report is one record in its own file in `plots/`, including its style. */
import type { Report } from '#shared/model/report.ts'
import type { Content } from './html.ts'

export interface PlotRecord {
  /** Anchor of its section in the page. */
  readonly id: string
  /** Sort key of sections. */
  readonly order: number
  readonly title: string
  /** CSS, in addition to the page's (style.ts). */
  readonly style?: string
  /** Empty if the report has no data for it: the section is then omitted. */
  draw(report: Report): Content
}

export const definePlot = (plot: PlotRecord): PlotRecord => plot
