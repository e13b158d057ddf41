/** Which linear layers of the image tower a method changes. */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { blockOf, imageBlocks, linearModules, roleOf } from '../models/modules.ts'
import type { Model } from '../models/model.ts'
import { setting } from './settings.ts'

const ALL = 'all-linear'
const SHORT = ['q', 'k', 'v', 'o', 'fc1', 'fc2', 'mlp']

/** @param usual the layers by default */
export const targeting = (usual: string = ALL) => ({
  targets: setting(
    z.string().default(usual),
    'Layers of the image tower that are adapted: all-linear, or of q, k, v, o, fc1, fc2, mlp, names as in PEFT; several as q, v or q+v',
    '適応させる画像タワーの層。all-linear、または q、k、v、o、fc1、fc2、mlp、PEFT と同じ名前（例：q, v または q+v）',
    { name: ['Adapted layers', '適応させる層'] },
  ),
  place: setting(
    z.enum(['all', 'first-half', 'last-half']).default('all'),
    'Blocks of the image tower in which they are: all, or the half near the pixels (first) or near the features (last)',
    '適応させるブロック：すべて、画素に近い前半、または特徴量に近い後半',
    { name: ['Adapted blocks', '適応させるブロック'], advanced: true },
  ),
})
export type Targets = { [K in keyof ReturnType<typeof targeting>]: z.output<ReturnType<typeof targeting>[K]> }

/** The modules that the settings name, in the model's order. @throws a user fault about a name that fits none */
export function modulesAt({ tensors }: Model, { targets, place }: Targets, recipe: string): string[] {
  const all = linearModules(tensors, 'image')
  const fits = (module: string, name: string) => {
    const role = roleOf(module)
    return name === ALL || module === name || module.endsWith(`.${name}`) || role === name || (name === 'mlp' && !!role?.startsWith('fc'))
  }
  const wanted = targets.split(/[,+]/).map((name) => name.trim())
  const strange = wanted.find((name) => !all.some((module) => fits(module, name)))
  if (strange !== undefined) {
    const known = [...new Set([...all.map((m) => m.split('.').at(-1)), ...SHORT])].join(', ')
    throw userError(sentence('recipe.no-such-module', { recipe, name: strange, all: ALL, known }))
  }
  const blocks = imageBlocks(tensors)
  const half = Math.ceil(blocks.length / 2)
  const there = new Set(place === 'first-half' ? blocks.slice(0, half) : blocks.slice(-half))
  return all.filter((m) => wanted.some((name) => fits(m, name)) && (place === 'all' || there.has(blockOf(m) ?? '')))
}
