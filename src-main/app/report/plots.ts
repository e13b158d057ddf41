/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of plots: every record in `plots/`. */
import { inOrder } from '#shared/model/registry.ts'
import type { PlotRecord } from './plot.ts'

const files = import.meta.glob<PlotRecord>('./plots/*.ts', { import: 'default', eager: true })
export const plots = inOrder(files)
