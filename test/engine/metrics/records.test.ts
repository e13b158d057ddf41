/** What every metric must have and do, as soon as its file is there. */
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricEntrySchema, type MeasuredTask } from '#shared/model/metric.ts'
import type { Box } from '#shared/model/shape.ts'
import type { Measured, MetricRecord } from '../../../src-main/engine/metrics/metric.ts'
import { measure, metricEntries, metricRecords, metricsOf } from '../../../src-main/engine/metrics/records.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/engine/metrics/records')
const parity = (name: string) => JSON.parse(readFileSync(path.join(import.meta.dirname, '../../parity/metrics', name), 'utf8')) as unknown

interface Case<T extends MeasuredTask> {
  readonly of: Measured[T]
  readonly values: Readonly<Record<string, number>>
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
  const all: Cases = { classify: [], contrast: [], detect: cocoCases() }
  for (const c of found)
    if (c.task === 'classify') {
      const of = { classes: c.classes, labels: Int32Array.from(c.labels), logits: Float32Array.from(c.logits) }
      all.classify.push({ of, values: c.values })
    } else all.contrast.push({ of: { similarity: c.similarity, relevant: c.relevant }, values: c.values })
  return all
}

function cocoCases(): Case<'detect'>[] {
  const { coco } = parity('golden.json') as {
    coco: {
      images: number
      classes: number
      truth: { image_id: number; category_id: number; bbox: number[]; iscrowd: number }[]
      detections: { image_id: number; category_id: number; bbox: number[]; score: number }[]
      ap: number
      ap50: number
      ap75: number
    }[]
  }
  const box = ([x, y, w, h]: number[]): Box => ({ x: x!, y: y!, w: w!, h: h! })
  return coco.map(({ images, classes, truth, detections, ap, ap50, ap75 }) => ({
    of: {
      classes,
      images: Array.from({ length: images }, (_, i) => ({
        detections: detections
          .filter((d) => d.image_id === i + 1)
          .map((d) => ({ label: d.category_id - 1, score: d.score, box: box(d.bbox) })),
        truth: truth
          .filter((t) => t.image_id === i + 1)
          .map((t) => ({ label: t.category_id - 1, box: box(t.bbox), crowd: t.iscrowd === 1 })),
      })),
    },
    values: { ap, ap50, ap75 },
  }))
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
    images: [0, 1].map((label) => {
      const box = { x: 4, y: 5, w: 20, h: 10 }
      return { detections: [{ label, score: 0.9, box }], truth: [{ label, box }] }
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
    for (const { of, values } of known) expect(value(of)).toBeCloseTo(values[id]!, 8)
  })

  it('is in its range, and at its best value if nothing is wrong', () => {
    for (const { of } of golden[task as MeasuredTask]) {
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
