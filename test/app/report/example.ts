/**
 * A made-up comparison for the tests of the report: figures like those of the main job, drawn from a seed. Nothing in it
 * was measured.
 */
import { createRequire } from 'node:module'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { wilson } from '../../../src-main/engine/metrics/wilson.ts'
import type { ReportInput, ReportRow, ReportScore } from '#shared/model/report.ts'

const require = createRequire(import.meta.url)
const sizes = { id: 412, ood: 389, heldOut: 190, forgotten: 1648 }

/** Outcomes on pictures of one common difficulty each, so that models agree about as much as real ones do. */
function score(split: keyof typeof sizes, accuracy: number, seed: number): ReportScore {
  const n = sizes[split]
  const key = Object.keys(sizes).indexOf(split)
  const margin = (i: number) => 0.95 * Rng.of(key, i).normal() + 0.3 * Rng.of(key, i, seed).normal()
  const margins = Array.from({ length: n }, (_, i) => margin(i))
  const bar = [...margins].sort((a, b) => b - a)[Math.min(n - 1, Math.round(accuracy * n))]!
  const outcomes = margins.map((m) => (m > bar ? '1' : '0')).join('')
  const correct = outcomes.replaceAll('0', '').length
  return { accuracy: correct / n, interval: wilson(correct, n), n, outcomes }
}

function loss(seed: number, steps: number, from: number, to: number): number[] {
  const rng = Rng.of(seed, 9)
  return Array.from({ length: steps }, (_, i) => (to + (from - to) * Math.exp((-5 * i) / steps)) * Math.exp(0.16 * rng.normal()))
}

const row = (
  name: string,
  kind: string,
  seed: number,
  [id, ood, heldOut, forgotten]: number[],
  more: Partial<ReportRow> = {},
): ReportRow => ({
  name,
  kind,
  id: score('id', id!, seed),
  ood: score('ood', ood!, seed),
  heldOut: score('heldOut', heldOut!, seed),
  forgotten: score('forgotten', forgotten!, seed),
  ...more,
})

export const exampleRows: ReportRow[] = [
  row('Zero-shot', 'zero-shot', 1, [0.583, 0.551, 0.57, 0.832], { seconds: 3.1 }),
  row('LP', 'lp', 2, [0.724, 0.652, 0.726, 0.802], { seconds: 6.4, checkpoint: 'runs/lp/checkpoint', settings: { C: '0.31' } }),
  row('FT', 'ft', 3, [0.757, 0.601, 0.753, 0.694], {
    seconds: 71,
    checkpoint: 'runs/ft/checkpoint',
    settings: { lr: '3e-4', epochs: '12' },
    curve: { loss: loss(3, 480, 2.6, 0.12) },
  }),
  row('LP-FT', 'lp-ft', 4, [0.774, 0.668, 0.768, 0.771], {
    seconds: 64,
    checkpoint: 'runs/lp-ft/checkpoint',
    settings: { lr: '3e-5', epochs: '12' },
    curve: { loss: loss(4, 480, 1.1, 0.21) },
  }),
  row('CoOp', 'coop', 5, [0.659, 0.602, 0.658, 0.799], {
    seconds: 52,
    checkpoint: 'runs/coop/checkpoint',
    settings: { context: '16', lr: '2e-3' },
    curve: { loss: loss(5, 300, 2.0, 0.82) },
  }),
  ...(
    [
      [0.762, 0.648, 0.763, 0.754],
      [0.769, 0.66, 0.768, 0.77],
      [0.748, 0.626, 0.742, 0.72],
      [0.774, 0.651, 0.779, 0.748],
      [0.735, 0.606, 0.737, 0.689],
      [0.765, 0.661, 0.763, 0.777],
    ] as const
  ).map((a, i) =>
    row(`Sweep ${i + 1}`, 'sweep', 10 + i, [...a], {
      seconds: 58 + i,
      checkpoint: `runs/sweep-${i + 1}/checkpoint`,
      settings: { lr: ['1e-5', '3e-5', '1e-4'][i % 3]!, augment: i < 3 ? 'light' : 'strong', seed: String(i) },
      curve: { loss: loss(10 + i, 320, 1.1, 0.2 + 0.05 * i) },
    }),
  ),
  row('Uniform soup', 'soup', 20, [0.782, 0.689, 0.784, 0.789], { method: 'uniform', seconds: 1.2, checkpoint: 'soups/uniform' }),
  row('Greedy soup', 'soup', 21, [0.789, 0.681, 0.795, 0.781], { method: 'greedy', seconds: 9.8, checkpoint: 'soups/greedy' }),
]

/** A picture from the sample's icons, as a data address. */
function icon(set: 'fluent-emoji-flat' | 'noto-v1', name: string): string {
  const icons = require(`@iconify-json/${set}/icons.json`) as {
    icons: Record<string, { body: string } | undefined>
    width?: number
    height?: number
  }
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${icons.width ?? 16} ${icons.height ?? 16}">${icons.icons[name]!.body}</svg>`
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}

const guess = (row: string, label: string, p: number, ...rest: [string, number][]) => ({
  row,
  top: [{ label, p }, ...rest.map(([l, q]) => ({ label: l, p: q }))],
})

export const example: ReportInput = {
  title: 'Five ways to adapt a small CLIP to one style',
  subtitle: 'Name the subgroup of a pictograph: trained on Fluent, tested on it and on a style never seen.',
  created: '2026-03-14T09:26:53Z',
  setting: {
    model: 'Nano',
    device: 'cpu, 2 threads',
    seeds: [0],
    classes: 38,
    dataHash: '9f2b7c4e81d05a63'.repeat(4),
    data: [
      { name: 'Training pictures', n: 571 },
      { name: 'Held out', n: 190 },
      { name: 'Test, ID', n: 412 },
      { name: 'Test, OOD', n: 389 },
    ],
    versions: { Dashi: '0.1.0', 'onnxruntime-node': '1.30.0', Node: '20.20.0', Platform: 'linux x64' },
    sets: { id: 'fluent-emoji-flat', ood: 'noto-v1', heldOut: 'fluent-emoji-flat', forgotten: 'the four styles of pre-training' },
    command: 'npm run demo -- --seed 0',
  },
  rows: exampleRows,
  ledgers: [
    {
      title: 'Greedy soup',
      entries: [
        { name: 'Sweep 4', heldOut: 0.779, score: 0.779, accepted: true, margin: 0.779 },
        { name: 'Sweep 2', heldOut: 0.768, score: 0.789, accepted: true, margin: 0.01 },
        { name: 'Sweep 1', heldOut: 0.763, score: 0.784, accepted: false, margin: -0.005 },
        { name: 'Sweep 6', heldOut: 0.763, score: 0.795, accepted: true, margin: 0.006 },
        { name: 'Sweep 3', heldOut: 0.742, score: 0.795, accepted: false, margin: 0 },
        { name: 'Sweep 5', heldOut: 0.737, score: 0.779, accepted: false, margin: -0.016 },
      ],
    },
  ],
  pictures: (
    [
      ['fluent-emoji-flat', 'red-apple', 'id', 'food-fruit', 'food-vegetable'],
      ['fluent-emoji-flat', 'owl', 'id', 'animal-bird', 'animal-mammal'],
      ['fluent-emoji-flat', 'violin', 'id', 'musical-instrument', 'tool'],
      ['noto-v1', 'turtle', 'ood', 'animal-reptile', 'animal-marine'],
      ['noto-v1', 'umbrella', 'ood', 'sky & weather', 'clothing'],
      ['noto-v1', 'steaming-bowl', 'ood', 'food-prepared', 'dishware'],
    ] as const
  ).map(([set, name, split, truth, other], i) => ({
    dataUri: icon(set, name),
    truth,
    set: split,
    predictions: [
      guess('Zero-shot', i % 2 ? other : truth, 0.41, ['tool', 0.22], ['clothing', 0.1]),
      guess('LP', truth, 0.63, [other, 0.2]),
      guess('FT', i === 3 ? other : truth, 0.91, [i === 3 ? truth : other, 0.05]),
      guess('LP-FT', truth, 0.84, [other, 0.07]),
      guess('CoOp', i === 4 ? other : truth, 0.52, ['tool', 0.18]),
      guess('Greedy soup', truth, 0.88, [other, 0.06]),
    ],
  })),
}
