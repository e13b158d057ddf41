/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of what checkpoints can be measured at: every record in `measures/`. */
import { byId, inOrder } from '#shared/model/registry.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { MeasureRecord } from './measure.ts'

const files = import.meta.glob<MeasureRecord>('./measures/*.ts', { import: 'default', eager: true })
export const measures = inOrder(files)

/** @throws a user fault listing the known tasks */
export const measureRecord = byId(measures, (task, known) => sentence('evaluation.unknown-task', { task, known }))
