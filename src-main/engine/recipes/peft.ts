/** The folder in which PEFT keeps an adapter: `adapter_config.json` and `adapter_model.safetensors`. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { linearModules, sizesOf } from '../models/modules.ts'
import type { Model } from '../models/model.ts'
import { readJson } from '../weights/json.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { fromMemory } from '../weights/tensors.ts'
import type { OwnTensor } from './overlay.ts'
import type { Trained } from './run.ts'
import { setting, tuning } from './settings.ts'

const [CONFIG, TENSORS] = ['adapter_config.json', 'adapter_model.safetensors']

/** PEFT's name of a module's tensor. */
export const peftName = (module: string, tensor: string): string => `base_model.model.${module}.${tensor}`

/** Gradient descent that may start from an adapter, and of which nothing but the merging may be wanted. */
export const tuningAdapter = (lr: number, weightDecay = 0) => ({
  adapter: setting(
    z.string().default(''),
    'Folder of an adapter of this kind, saved by PEFT, to start from; empty: none',
    '出発点にする、PEFT で保存した同種のアダプターのフォルダー。空：なし',
    { name: ['Start from an adapter', '出発点のアダプター'], advanced: true },
  ),
  ...tuning(lr, weightDecay),
  epochs: setting(
    z.int().min(0).max(10_000).default(10),
    'Passes over the training images; 0 only merges the adapter',
    '学習画像を通す回数。0：アダプターの統合だけ',
    { name: ['Epochs', 'エポック数'] },
  ),
})

/** A field that must say nothing. */
export const nothingOf = z.union([z.null(), z.array(z.never()), z.record(z.string(), z.never())]).optional()
/** Fields that have an effect on the outputs in PEFT and none here: other values are refused. */
export const withoutEffect = { fan_in_fan_out: z.literal(false).default(false), modules_to_save: nothingOf }

type Named = readonly [tensor: string, shape: readonly number[]]

/**
 * Reads an adapter that PEFT saved. @param schema what determines the outputs @param namesOf the tensors of a module
 * @throws a data fault naming the file and the field or tensor that does not fit the model
 */
export function readPeft<C>(
  dir: string,
  { tensors: list, dir: of }: Model,
  schema: z.ZodType<C>,
  namesOf: (module: string, sizes: readonly [out: number, into: number], config: C) => readonly Named[],
): { config: C; modules: string[]; tensors: Map<string, OwnTensor> } {
  const config = readJson(path.join(dir, CONFIG), schema)
  const file = path.join(dir, TENSORS)
  const open = openSafetensors(file)
  try {
    const named = linearModules(list, 'image', 'text').map((module) => ({ module, own: namesOf(module, sizesOf(list, module), config) }))
    const there = named.filter(({ own }) => own.some(([name]) => open.tensors.has(name)))
    const expected = new Map(there.flatMap(({ own }) => own))
    for (const name of open.tensors.keys())
      if (!expected.has(name)) throw dataError(file, sentence('adapter.foreign-tensor', { tensor: name, model: of }))
    const tensors = [...expected].map(([name, shape]): [string, OwnTensor] => {
      const has = open.tensors.get(name)?.shape
      const found = has ? `[${has.join(', ')}]` : 'none'
      if (has?.join() !== shape.join())
        throw dataError(file, sentence('adapter.shape', { tensor: name, expected: shape.join(', '), found }))
      return [name, { shape, data: open.float32(name) }]
    })
    if (!tensors.length) throw dataError(file, sentence('adapter.empty'))
    return { config, modules: there.map(({ module }) => module), tensors: new Map(tensors) }
  } finally {
    open.close()
  }
}

/** The folder `adapter` of a checkpoint. @param config what PEFT's configuration of this kind says besides */
export const peftFiles = (
  model: Model,
  modules: readonly string[],
  config: Readonly<Record<string, unknown>>,
  tensors: ReadonlyMap<string, OwnTensor>,
): Pick<Trained, 'tensors' | 'files'> => ({
  tensors: { [`adapter/${TENSORS}`]: { ...fromMemory(tensors), metadata: { format: 'pt' } } },
  files: {
    [`adapter/${CONFIG}`]: `${JSON.stringify(
      {
        base_model_name_or_path: model.dir,
        target_modules: modules,
        fan_in_fan_out: false,
        inference_mode: true,
        modules_to_save: null,
        task_type: null,
        ...config,
      },
      null,
      2,
    )}\n`,
  },
})
