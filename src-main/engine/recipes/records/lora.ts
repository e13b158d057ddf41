/**
 * LoRA (Hu et al. 2022, §4.1): a frozen weight W [out, in] becomes W + s·B·A with trained A [r, in] and B [out, r], s
 * = α/r. A starts uniform and B at 0, as in PEFT (peft/tuners/lora/layer.py), so that training starts exactly at the
 * base model. No dropout. The adapter is saved in PEFT's layout and also merged into the weights, so that the
 * checkpoint is an ordinary one.
 */
import path from 'node:path'
import { z } from 'zod'
import { dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../../data/rng.ts'
import type { Model } from '../../models/model.ts'
import { add, matmul, mul } from '../../ops/index.ts'
import { outlining } from '../../runtime/outline.ts'
import { readJson } from '../../weights/json.ts'
import { openSafetensors } from '../../weights/safetensors.ts'
import { fromMemory } from '../../weights/tensors.ts'
import { demandsOfHead, startHead } from '../heads.ts'
import { type OwnTensor, withWeights } from '../overlay.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting, startingHead, tuning } from '../settings.ts'
import { type Adapter, tune, tuned } from '../tune.ts'

const [CONFIG, TENSORS] = ['adapter_config.json', 'adapter_model.safetensors']
const ALL = 'all-linear'

const settings = z.strictObject({
  r: setting(
    z.int().min(1).max(1024).default(8),
    'Rank of the update; an adapter that is started from has its own',
    '更新の階数。出発点のアダプターがあればその値',
    { name: ['Rank', '階数'] },
  ),
  alpha: setting(
    z.number().positive().max(1024).default(8),
    'The update is scaled by alpha / r; an adapter that is started from has its own',
    '更新の倍率は alpha / r。出発点のアダプターがあればその値',
    { name: ['Alpha', 'アルファ'] },
  ),
  targets: setting(
    z.string().default(ALL),
    'Modules of the image tower that are adapted: all-linear, or names as in PEFT with commas between them, e.g. q_proj,v_proj',
    '適応させる画像タワーのモジュール。all-linear、または PEFT と同じ名前をコンマ区切りで（例：q_proj,v_proj）',
    { name: ['Adapted layers', '適応させる層'], advanced: true },
  ),
  adapter: setting(
    z.string().default(''),
    'Folder of a LoRA adapter of PEFT to start from; empty: none',
    '出発点にする PEFT の LoRA アダプターのフォルダー。空：なし',
    { name: ['Start from an adapter', '出発点のアダプター'], advanced: true },
  ),
  ...tuning(1e-3, 0),
  epochs: setting(
    z.int().min(0).max(10_000).default(10),
    'Passes over the training images; 0 only merges the adapter',
    '学習画像を通す回数。0：アダプターの統合だけ',
    { name: ['Epochs', 'エポック数'] },
  ),
  ...seeing,
  ...startingHead,
})

export default defineRecipe({
  id: 'lora',
  order: 6,
  title: { en: 'Low-rank adaptation (LoRA)', ja: '低ランク適応（LoRA）' },
  about: {
    en: 'Trains small matrices beside the linear layers of the image tower, and the classifier; keeps a PEFT adapter.',
    ja: '画像タワーの線形層に添えた小さな行列と分類器を学習し、PEFT のアダプターも残します。',
  },
  when: {
    en: 'Choose it for a large model on little memory, or to pass on a small adapter instead of a whole checkpoint.',
    ja: 'メモリーに対してモデルが大きいときや、小さなアダプターだけを渡したいときに。',
  },
  citation: 'Hu et al. 2022, LoRA: low-rank adaptation of large language models, arXiv:2106.09685',
  ...tuned,
  demands: demandsOfHead,
  settings,
  mark: { label: 'LoRA', shape: 'wye', light: '#b0306f', dark: '#f08fc0' },
  run: adapt,
})

async function adapt(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const lora = s.adapter ? readAdapter(path.resolve(s.adapter), model) : newLora(model, s, run.o.seed)
  const { head, notes } = await startHead(run, s.head, outlining() ? model : withWeights(model, mergedLora(model, lora)))
  const trained = await tune(run, s, { head, trains: () => false, adapter: lora })
  const made = ({ adapter }: { readonly adapter: ReadonlyMap<string, Float32Array> }) => {
    const tensors = new Map([...lora.tensors].map(([name, t]) => [name, { ...t, data: adapter.get(name) ?? t.data }]))
    return {
      weights: mergedLora(model, { ...lora, tensors }),
      tensors: { [`adapter/${TENSORS}`]: { ...fromMemory(tensors), metadata: { format: 'pt' } } },
      files: { [`adapter/${CONFIG}`]: `${JSON.stringify(configOf(model, lora), null, 2)}\n` },
    }
  }
  const { modules, r, alpha, rslora } = lora
  return {
    ...trained,
    ...made(trained),
    ...(trained.other && { other: { ...trained.other, ...made(trained.other) } }),
    notes: { ...trained.notes, ...notes, modules: modules.length, r, alpha, ...(rslora && { rslora: 'yes' }) },
  }
}

interface Lora extends Adapter {
  readonly r: number
  readonly alpha: number
  /** Scale α/√r (Kalajdzievski 2023) instead of α/r. */
  readonly rslora: boolean
  readonly modules: readonly string[]
}

const scaleOf = ({ r, alpha, rslora }: Pick<Lora, 'r' | 'alpha' | 'rslora'>) => alpha / (rslora ? Math.sqrt(r) : r)
const weightOf = (module: string) => `${module}.weight`
/** PEFT's tensor names of a module's two matrices. */
const [aOf, bOf] = (['lora_A', 'lora_B'] as const).map((x) => (module: string) => `base_model.model.${module}.${x}.weight`) as [
  (module: string) => string,
  (module: string) => string,
]

/** The adapter as graph operations. */
export function lora(of: Omit<Lora, 'adapt'>): Lora {
  const targets = new Map(of.modules.map((module) => [weightOf(module), module]))
  const scale = scaleOf(of)
  return {
    ...of,
    adapt(name, value, own) {
      const module = targets.get(name)
      return module === undefined ? value : add(value, mul(matmul(own(bOf(module)), own(aOf(module))), scale))
    },
  }
}

/** Linear layers in the given parts of the model that PEFT would find as modules. */
const linearModules = ({ tensors }: Model, ...parts: readonly string[]): string[] =>
  [...tensors].flatMap(([name, { part, kind, shape, packed }]) =>
    parts.includes(part) && kind === 'weight' && shape.length === 2 && !packed && name.endsWith('.weight')
      ? [name.slice(0, -'.weight'.length)]
      : [],
  )

export function newLora(
  model: Model,
  { r, alpha, targets }: Pick<z.output<typeof settings>, 'r' | 'alpha' | 'targets'>,
  seed: number,
): Lora {
  const all = linearModules(model, 'image')
  const wanted = targets.split(',').map((name) => name.trim())
  const modules = wanted.includes(ALL) ? all : all.filter((m) => wanted.some((name) => m === name || m.endsWith(`.${name}`)))
  const strange = wanted.find((name) => name !== ALL && !all.some((m) => m === name || m.endsWith(`.${name}`)))
  if (strange !== undefined) {
    const names = [...new Set(all.map((m) => m.split('.').at(-1)))]
    throw userError(sentence('recipe.no-such-module', { name: strange, all: ALL, known: names.join(', ') }))
  }
  const tensors = new Map<string, OwnTensor>()
  modules.forEach((module, i) => {
    const [out, into] = model.tensors.get(weightOf(module))!.shape as [number, number]
    const rng = Rng.of(seed, 0x10a, i)
    const bound = into ** -0.5 // Kaiming uniform with a = √5
    tensors.set(aOf(module), { shape: [r, into], data: Float32Array.from({ length: r * into }, () => rng.uniform(-bound, bound)) })
    tensors.set(bOf(module), { shape: [out, r], data: new Float32Array(out * r) })
  })
  return lora({ r, alpha, rslora: false, modules, tensors })
}

/** W + s·B·A for every module, by tensor name, summed in float64 and rounded once. */
export function mergedLora(model: Model, { modules, tensors, ...of }: Lora): Map<string, Float32Array> {
  const scale = scaleOf(of)
  return new Map(
    modules.map((module) => {
      const name = weightOf(module)
      const [a, b] = [tensors.get(aOf(module))!, tensors.get(bOf(module))!]
      const [r, into] = a.shape as [number, number]
      const w = Float32Array.from(model.weights.float32(name))
      const row = new Float64Array(into)
      for (let o = 0; o < b.shape[0]!; o++) {
        row.fill(0)
        for (let k = 0; k < r; k++) for (let i = 0; i < into; i++) row[i]! += b.data[o * r + k]! * a.data[k * into + i]!
        for (let i = 0; i < into; i++) w[o * into + i] = w[o * into + i]! + scale * row[i]!
      }
      return [name, w] as const
    }),
  )
}

const nothing = z.union([z.null(), z.array(z.never()), z.record(z.string(), z.never())]).optional()
/**
 * The fields of `adapter_config.json` that determine the outputs. Values with an effect that is not implemented here
 * are refused.
 */
const configSchema = z.object({
  peft_type: z.literal('LORA'),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  bias: z.literal('none').default('none'),
  modules_to_save: nothing,
  rank_pattern: nothing,
  alpha_pattern: nothing,
  layer_replication: nothing,
})

const configOf = (model: Model, { r, alpha, rslora, modules }: Lora) => ({
  peft_type: 'LORA',
  base_model_name_or_path: model.dir,
  r,
  lora_alpha: alpha,
  lora_dropout: 0,
  use_rslora: rslora,
  use_dora: false,
  target_modules: modules,
  bias: 'none',
  fan_in_fan_out: false,
  init_lora_weights: true,
  inference_mode: true,
  modules_to_save: null,
  rank_pattern: {},
  alpha_pattern: {},
  task_type: null,
})

/**
 * Reads an adapter saved by PEFT. @throws a data fault naming the file and the field or tensor that does not fit the
 * model
 */
export function readAdapter(dir: string, model: Model): Lora {
  const { r, lora_alpha: alpha, use_rslora: rslora } = readJson(path.join(dir, CONFIG), configSchema)
  const file = path.join(dir, TENSORS)
  const open = openSafetensors(file)
  try {
    const modules = linearModules(model, 'image', 'text').filter((m) => open.tensors.has(aOf(m)) || open.tensors.has(bOf(m)))
    const expected = new Map(
      modules.flatMap((m) => {
        const [out, into] = model.tensors.get(weightOf(m))!.shape as [number, number]
        return [
          [aOf(m), [r, into]],
          [bOf(m), [out, r]],
        ] as const
      }),
    )
    for (const name of open.tensors.keys())
      if (!expected.has(name)) throw dataError(file, sentence('adapter.foreign-tensor', { tensor: name, model: model.dir }))
    const tensors = [...expected].map(([name, shape]): [string, OwnTensor] => {
      const has = open.tensors.get(name)?.shape
      const found = has ? `[${has.join(', ')}]` : 'none'
      if (has?.join() !== shape.join())
        throw dataError(file, sentence('adapter.shape', { tensor: name, expected: shape.join(', '), found }))
      return [name, { shape, data: open.float32(name) }]
    })
    if (!tensors.length) throw dataError(file, sentence('adapter.empty'))
    return lora({ r, alpha, rslora, modules, tensors: new Map(tensors) })
  } finally {
    open.close()
  }
}
