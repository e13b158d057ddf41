/** A plot, table or list of the report is one record in a file of its own in `plots/`, with the style that only it needs. */
import type { Report } from '#shared/model/report.ts'
import type { Content } from './html.ts'

export interface PlotRecord {
  /** Its section's address in the page. */
  readonly id: string
  /** Sections are sorted by it. */
  readonly order: number
  readonly title: string
  /** CSS, in addition to the page's (style.ts). */
  readonly style?: string
  /** Nothing where the report has nothing of it: the section is left out. */
  draw(report: Report): Content
}

export const definePlot = (plot: PlotRecord): PlotRecord => plot
