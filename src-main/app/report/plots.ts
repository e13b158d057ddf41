/// <reference types="vite/types/importMeta.d.ts" />
/** The plots there are: every record in `plots/`. */
import type { PlotRecord } from './plot.ts'

const files = import.meta.glob<PlotRecord>('./plots/*.ts', { import: 'default', eager: true })
export const plots: readonly PlotRecord[] = Object.values(files).sort((a, b) => a.order - b.order)
