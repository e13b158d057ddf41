/** What every metric must have and do, as soon as its file is there. */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricEntrySchema, type MeasuredTask } from '#shared/model/metric.ts'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Measured, MetricRecord } from '../../../src-main/engine/metrics/metric.ts'
import { measure, metricEntries, metricRecords, metricsOf } from '../../../src-main/engine/metrics/records.ts'
import { cocoCases } from '../../helpers/coco-cases.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/engine/metrics/records')
const parity = (name: string) => JSON.parse(readFileSync(path.join(import.meta.dirname, '../../parity/metrics', name), 'utf8')) as unknown

interface Case<T extends MeasuredTask> {
  readonly of: Measured[T]
  /** null: undefined for the examples. */
  readonly values: Readonly<Record<string, number | null>>
}
type Cases = { [T in MeasuredTask]: Case<T>[] }

/** Examples of each task, with what another library measured of them. */
function cases(): Cases {
  const { cases: found } = parity('records.json') as {
    cases: (
      | { task: 'classify'; classes: number; labels: number[]; logits: number[]; values: Record<string, number> }
      | ({ task: 'contrast'; values: Record<string, number> } & Measured['contrast'])
    )[]
  }
  const coco = cocoCases()
  const all: Cases = {
    classify: [],
    contrast: [],
    detect: coco.map(({ classes, boxes: { images, values } }) => ({ of: { classes, images }, values })),
    segment: coco.map(({ classes, masks: { images, values }, miou }) => ({
      of: { classes, images },
      values: { miou, ...Object.fromEntries(Object.entries(values).map(([name, value]) => [`mask-${name}`, value as number | null])) },
    })),
  }
  for (const c of found)
    if (c.task === 'classify') {
      const of = { classes: c.classes, labels: Int32Array.from(c.labels), logits: Float32Array.from(c.logits) }
      all.classify.push({ of, values: c.values })
    } else all.contrast.push({ of: { similarity: c.similarity, relevant: c.relevant }, values: c.values })
  return all
}

const golden = cases()

/** Answers in which nothing is wrong and nothing is doubted. */
const perfect: { [T in MeasuredTask]: Measured[T] } = {
  classify: {
    classes: 3,
    labels: Int32Array.of(0, 1, 2, 1),
    logits: Float32Array.of(99, 0, 0, 0, 99, 0, 0, 0, 99, 0, 99, 0),
  },
  contrast: { similarity: [0.9, 0.1, 0.2, 0.8], relevant: [[0], [1]] },
  detect: {
    classes: 2,
    images: [20, 50, 120].map((side, i) => {
      const box = { x: 4, y: 5, w: side, h: side } // small, medium, large
      return { detections: [{ label: i % 2, score: 0.9, box }], truth: [{ label: i % 2, box }] }
    }),
  },
  segment: {
    classes: 2,
    images: [20, 50, 120].map((side, i) => {
      const bitmap = Uint8Array.from({ length: 130 * 130 }, (_, at) => Number(at % 130 < side && at < 130 * side))
      const mask = rleFromBitmap(bitmap, 130, 130) // small, medium, large
      return { detections: [{ label: i % 2, score: 0.9, mask }], truth: [{ label: i % 2, mask }] }
    }),
  },
}

it('there is one record per file, each with its own name and order', () => {
  expect(metricRecords).toHaveLength(readdirSync(folder).length)
  for (const key of ['id', 'order'] as const) expect(new Set(metricRecords.map((m) => m[key])).size).toBe(metricRecords.length)
  for (const entry of metricEntries()) metricEntrySchema.parse(entry)
})

describe.each(metricRecords.map((m) => [m.id, m] as const))('%s', (id, record) => {
  const { task, range, format, better, citation } = record
  const [least, most] = range
  const metric = record as unknown as MetricRecord
  const value = (of: Measured[MeasuredTask]) => metric.compute(of as never)

  it('says where it comes from, and what its values mean', () => {
    expect(citation).toMatch(/\b(19|20)\d\d\b/)
    if (format === 'percent') expect(most).toBe(1)
    expect(most === null || least < most).toBe(true)
  })

  it('agrees with another library', () => {
    const known = golden[task as MeasuredTask].filter((c) => id in c.values)
    expect(known.length, `test/parity/metrics: no value of ${id}`).toBeGreaterThan(0)
    for (const { of, values } of known)
      if (values[id] === null) expect(value(of)).toBeNaN()
      else expect(value(of)).toBeCloseTo(values[id]!, 8)
  })

  it('is in its range, and at its best value if nothing is wrong', () => {
    for (const { of, values } of golden[task as MeasuredTask]) {
      if (values[id] === null) continue
      expect(value(of)).toBeGreaterThanOrEqual(least)
      expect(value(of)).toBeLessThanOrEqual(most ?? Infinity)
    }
    expect(value(perfect[task as MeasuredTask])).toBeCloseTo(better === 'higher' ? most! : least, 6)
  })
})

it('the order of the examples does not matter to a metric of classes', () => {
  const { of } = golden.classify[0]!
  const order = fc.shuffledSubarray([...of.labels.keys()], { minLength: of.labels.length })
  fc.assert(
    fc.property(order, (rows) => {
      const turned = {
        classes: of.classes,
        labels: Int32Array.from(rows, (i) => of.labels[i]!),
        logits: Float32Array.from(rows.flatMap((i) => [...of.logits.subarray(i * of.classes, (i + 1) * of.classes)])),
      }
      for (const m of metricsOf('classify')) expect(m.compute(turned)).toBeCloseTo(m.compute(of), 9)
    }),
    { numRuns: 20 },
  )
})

it('what the examples leave undefined is not measured', () => {
  expect(measure('detect', { classes: 2, images: [{ detections: [], truth: [] }] })).toEqual({})
  expect(Object.keys(measure('classify', perfect.classify))).toEqual(metricsOf('classify').map((m) => m.id))
})
