/**
 * LoRA (Hu et al. 2022, §4.1): a frozen weight W [out, in] becomes W + s·B·A with trained A [r, in] and B [out, r], s =
 * α/r, or α/√r as in rsLoRA (Kalajdzievski 2023, arXiv:2312.03732). A starts uniform and B at 0, as in PEFT
 * (peft/tuners/lora/layer.py), so that training starts at the base model. With dropout, a training step adds s·B·A·x̃ to Wx, where
 * x̃ is x with elements dropped.
 *
 * DoRA (Liu et al. 2024, eq. 5): V = W + s·B·A gives the direction alone. Row o of the weight is m_o · V_o / ‖V_o‖ with
 * trained m [out], which starts at the norms of W. The norm of V is a constant to the gradient (§4.3), as in PEFT
 * (peft/tuners/lora/dora.py).
 */
import path from 'node:path'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import type { Value } from '../graph/graph.ts'
import { sizesOf, weightOf } from '../models/modules.ts'
import type { Model } from '../models/model.ts'
import { add, div, linear, matmul, mul, reduceSumSquare, reshape, sqrt, stopGradient } from '../ops/index.ts'
import type { Dropout } from './dropout.ts'
import type { OwnTensor } from './overlay.ts'
import { nothingOf, peftFiles, peftName, readPeft, tuningAdapter, withoutEffect } from './peft.ts'
import { type Reparametrisation, tuneReparametrised } from './reparametrise.ts'
import type { Run, Trained } from './run.ts'
import { seeing, setting, startingHead } from './settings.ts'
import { modulesAt, partsOf, targeting, type Targets } from './targets.ts'
import type { Adapter } from './tuning-step.ts'

/** @param usual the values by default, which are PEFT's or a paper's */
export const lowRankSettings = (
  usual: {
    readonly r?: number
    readonly alpha?: number
    readonly targets?: string
    readonly towers?: Targets['towers']
    readonly lr?: number
    readonly weightDecay?: number
  } = {},
) => ({
  r: setting(
    z
      .int()
      .min(1)
      .max(1024)
      .default(usual.r ?? 8),
    'Rank of the update; an adapter that is started from has its own',
    '更新の階数。出発点のアダプターがあればその値',
    { name: ['Rank', '階数'] },
  ),
  alpha: setting(
    z
      .number()
      .positive()
      .max(1024)
      .default(usual.alpha ?? 8),
    'The update is scaled by alpha / r; an adapter that is started from has its own',
    '更新の倍率は alpha / r。出発点のアダプターがあればその値',
    { name: ['Alpha', 'アルファ'] },
  ),
  rslora: setting(
    z.boolean().default(false),
    'Scale the update by alpha / √r instead (rsLoRA), so that large ranks learn as fast; an adapter that is started from has its own',
    '更新の倍率を alpha / √r にする（rsLoRA）。大きな階数でも学習が遅くなりません。出発点のアダプターがあればその値',
    { name: ['Rank-stabilised', '階数で安定化'], advanced: true },
  ),
  ...targeting(usual.targets, usual.towers),
  budget: setting(
    z.number().min(0).max(100).default(0),
    'Most parameters of the adapter, in % of those of the adapted towers: the rank is then the largest within it (0: the rank above)',
    'アダプターのパラメーター数の上限（適応させるタワーに対する %）。階数はその範囲で最大になります（0：上の階数）',
    { name: ['Parameter budget', 'パラメーター数の上限'], advanced: true },
  ),
  ...tuningAdapter(usual.lr ?? 1e-3, usual.weightDecay),
  ...seeing,
  ...startingHead,
})
type LowRankSettings = z.output<z.ZodObject<ReturnType<typeof lowRankSettings>>>

/** @param rate by default */
export const dropping = (rate: number) => ({
  dropout: setting(
    z.number().min(0).max(0.9).default(rate),
    'Share of what enters the small matrices that is left out at random in each step; 0: none',
    '小さな行列への入力のうち、ステップごとに無作為に省く割合。0 なら使いません',
    { name: ['Dropout', 'ドロップアウト'], advanced: true },
  ),
})

interface Form {
  readonly r: number
  readonly alpha: number
  /** Scale α/√r instead of α/r. */
  readonly rslora: boolean
  /** Magnitude and direction apart (DoRA). */
  readonly dora: boolean
}

export interface LowRank extends Reparametrisation, Form {
  readonly modules: readonly string[]
}

const scaleOf = ({ r, alpha, rslora }: Form) => alpha / (rslora ? Math.sqrt(r) : r)

/** PEFT's names of a module's tensors with their shapes: A, B, and with DoRA m. */
const namesOf = (module: string, [out, into]: readonly [number, number], { r, dora }: Pick<Form, 'r' | 'dora'>) =>
  [[aOf(module), [r, into]], [bOf(module), [out, r]], ...(dora ? [[mOf(module), [out]] as const] : [])] as const
const aOf = (module: string) => peftName(module, 'lora_A.weight')
const bOf = (module: string) => peftName(module, 'lora_B.weight')
const mOf = (module: string) => peftName(module, 'lora_magnitude_vector')

/** Keeps a row of zeros at 0. */
const TINY = 1e-30

/** V [out, in] → rows of the lengths m [out]. */
function directed(v: Value, m: Value): Value {
  const norm = sqrt(add(reduceSumSquare(v, { axes: [1], keepdims: true }), TINY))
  return mul(v, div(reshape(m, [m.shape[0]!, 1]), stopGradient(norm)))
}
const normOf = (row: Float64Array) => Math.sqrt(row.reduce((sum, x) => sum + x * x, TINY))

/** The adapter beside the layers that it changes, as PEFT computes it, with part of what enters it dropped. */
function droppingInto(of: Form & Pick<LowRank, 'modules' | 'tensors'>, dropout: Dropout): Adapter {
  const modules = new Set(of.modules)
  const gain = scaleOf(of) * dropout.gain
  return {
    tensors: of.tensors,
    adapt: (_, value) => value,
    leave: (module, y, x, own) =>
      modules.has(module) ? add(y, linear(mul(linear(dropout.of(module, x), own(aOf(module))), gain), own(bOf(module)))) : y,
  }
}

/** The adapter as graph operations, and its merging, in float64 and rounded once. */
function lowRank(of: Form & Pick<LowRank, 'modules' | 'tensors'>): LowRank {
  const targets = new Map(of.modules.map((module) => [weightOf(module), module]))
  const scale = scaleOf(of)
  return {
    ...of,
    changes: [...targets.keys()],
    dropping: of.dora ? undefined : (dropout) => droppingInto(of, dropout),
    adapt(name, value, own) {
      const module = targets.get(name)
      if (module === undefined) return value
      const moved = add(value, mul(matmul(own(bOf(module)), own(aOf(module))), scale))
      return of.dora ? directed(moved, own(mOf(module))) : moved
    },
    merge(name, w, own) {
      const module = targets.get(name)!
      const [a, b] = [own(aOf(module)), own(bOf(module))]
      const magnitude = of.dora ? own(mOf(module)) : undefined
      const into = a.length / of.r
      const row = new Float64Array(into)
      for (let o = 0; o * into < w.length; o++) {
        row.fill(0)
        for (let k = 0; k < of.r; k++) for (let i = 0; i < into; i++) row[i]! += b[o * of.r + k]! * a[k * into + i]!
        for (let i = 0; i < into; i++) row[i] = w[o * into + i]! + scale * row[i]!
        const gain = magnitude ? magnitude[o]! / normOf(row) : 1
        for (let i = 0; i < into; i++) w[o * into + i] = gain * row[i]!
      }
    },
  }
}

/** An adapter at its start. @throws a user fault about the targets, or a budget that is too small for them */
export function newLowRank(
  model: Model,
  { budget = 0, ...s }: Omit<Form, 'dora'> & Targets & { readonly budget?: number },
  { seed, recipe, dora = false }: { readonly seed: number; readonly recipe: string; readonly dora?: boolean },
): LowRank {
  const modules = modulesAt(model, s, recipe)
  const r = budget ? affordable(model, modules, { budget, towers: s.towers, recipe, dora }) : s.r
  const tensors = new Map<string, OwnTensor>()
  modules.forEach((module, i) => {
    const [out, into] = sizesOf(model.tensors, module)
    const rng = Rng.of(seed, 0x10a, i)
    const bound = into ** -0.5 // Kaiming uniform with a = √5
    tensors.set(aOf(module), { shape: [r, into], data: Float32Array.from({ length: r * into }, () => rng.uniform(-bound, bound)) })
    tensors.set(bOf(module), { shape: [out, r], data: new Float32Array(out * r) })
    if (!dora) return
    const w = model.weights.float32(weightOf(module))
    const norms = Float32Array.from({ length: out }, (_, o) => normOf(Float64Array.from(w.subarray(o * into, (o + 1) * into))))
    tensors.set(mOf(module), { shape: [out], data: norms })
  })
  return lowRank({ r, alpha: s.alpha, rslora: s.rslora, dora, modules, tensors })
}

/** The largest rank at which the adapter has no more than `budget` % of the towers' parameters; never beyond a layer's own. */
function affordable(
  { tensors }: Model,
  modules: readonly string[],
  { budget, towers, recipe, dora }: { readonly budget: number; readonly recipe: string; readonly dora: boolean } & Pick<Targets, 'towers'>,
): number {
  const sizes = modules.map((module) => sizesOf(tensors, module))
  const fixed = dora ? sizes.reduce((n, [out]) => n + out, 0) : 0
  const each = sizes.reduce((n, [out, into]) => n + out + into, 0)
  const own = [...tensors.values()].filter(({ part }) => partsOf(towers).some((wanted) => wanted === part))
  const most = Math.floor((budget / 100) * own.reduce((n, { shape }) => n + shape.reduce((product, d) => product * d, 1), 0))
  const r = Math.floor((most - fixed) / each)
  if (r < 1) throw userError(sentence('recipe.small-budget', { recipe, budget, most, least: fixed + each, n: modules.length }))
  return Math.min(r, ...sizes.map(([out, into]) => Math.min(out, into)))
}

/** Trains an adapter, and the classifier. */
export async function adaptLowRank(
  run: Run,
  s: LowRankSettings & { readonly dropout?: number },
  { recipe, dora }: { readonly recipe: string; readonly dora: boolean },
): Promise<Trained> {
  const { model } = run
  const adapter = s.adapter ? readLowRank(path.resolve(s.adapter), model, dora) : newLowRank(model, s, { seed: run.o.seed, recipe, dora })
  const trained = await tuneReparametrised(run, s, adapter, { recipe, saved: (tensors) => saved(model, adapter, s.dropout ?? 0, tensors) })
  const { modules, r, alpha, rslora } = adapter
  return { ...trained, notes: { ...trained.notes, modules: modules.length, r, alpha, ...(rslora && { rslora: 'yes' }) } }
}

/** The fields of `adapter_config.json` that determine the outputs. */
const configSchema = (dora: boolean) =>
  z.object({
    peft_type: z.literal('LORA'),
    r: z.int().positive(),
    lora_alpha: z.number().positive(),
    use_rslora: z.boolean().default(false),
    use_dora: dora ? z.literal(true) : z.literal(false).default(false),
    bias: z.literal('none').default('none'),
    rank_pattern: nothingOf,
    alpha_pattern: nothingOf,
    layer_replication: nothingOf,
    ...withoutEffect,
  })

/** An adapter that PEFT saved. @throws a data fault naming the file and the field or tensor that does not fit */
export function readLowRank(dir: string, model: Model, dora: boolean): LowRank {
  const { config, ...rest } = readPeft(dir, model, configSchema(dora), (module, sizes, { r }) => namesOf(module, sizes, { r, dora }))
  return lowRank({ r: config.r, alpha: config.lora_alpha, rslora: config.use_rslora, dora, ...rest })
}

/** The folder that PEFT reads. */
const saved = (model: Model, { r, alpha, rslora, dora, modules }: LowRank, dropout: number, tensors: ReadonlyMap<string, OwnTensor>) =>
  peftFiles(
    model,
    modules,
    {
      peft_type: 'LORA',
      r,
      lora_alpha: alpha,
      lora_dropout: dropout,
      use_rslora: rslora,
      use_dora: dora,
      bias: 'none',
      init_lora_weights: true,
      rank_pattern: {},
      alpha_pattern: {},
    },
    tensors,
  )
