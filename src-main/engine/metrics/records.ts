/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of metrics: every record in `records/`. */
import type { MeasuredTask, MetricEntry } from '#shared/model/metric.ts'
import { inOrder } from '#shared/model/registry.ts'
import type { Measured, MetricRecord } from './metric.ts'

const files = import.meta.glob<MetricRecord<never>>('./records/*.ts', { import: 'default', eager: true })
export const metricRecords = inOrder(files)

export const metricsOf = <T extends MeasuredTask>(task: T): MetricRecord<T>[] =>
  metricRecords.filter((m) => (m.task as MeasuredTask) === task) as unknown as MetricRecord<T>[]

/** The records without their functions, for display. */
export const metricEntries = (): MetricEntry[] =>
  metricRecords.map(({ id, title, about, citation, task, better, range, format }) => ({
    id,
    title,
    about,
    citation,
    task,
    better,
    range,
    format,
  }))

/** Every metric of the task by id, without those that are undefined for the examples. */
export function measure<T extends MeasuredTask>(task: T, of: Measured[T]): Record<string, number> {
  const values = metricsOf(task).map((m) => [m.id, m.compute(of)] as const)
  return Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value)))
}
