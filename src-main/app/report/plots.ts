/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of plots: every record in `plots/`. */
import type { PlotRecord } from './plot.ts'

const files = import.meta.glob<PlotRecord>('./plots/*.ts', { import: 'default', eager: true })
export const plots: readonly PlotRecord[] = Object.values(files).sort((a, b) => a.order - b.order)
