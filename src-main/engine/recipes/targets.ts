/** Which linear layers of a model's towers a method changes. */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { blockOf, blocksOf, linearModules, roleOf } from '../models/modules.ts'
import type { Model } from '../models/model.ts'
import { demandsOfHead } from './heads.ts'
import { setting } from './settings.ts'

const ALL = 'all-linear'
const SHORT = ['q', 'k', 'v', 'o', 'fc1', 'fc2', 'mlp']

const TOWERS = ['image', 'text', 'both'] as const
export const partsOf = (towers: (typeof TOWERS)[number]): readonly ('image' | 'text')[] =>
  towers === 'both' ? ['image', 'text'] : [towers]

/** @param usual the layers by default, and their towers */
export const targeting = (usual: string = ALL, usualTowers: (typeof TOWERS)[number] = 'image') => ({
  targets: setting(
    z.string().default(usual),
    'Layers that are adapted: all-linear, or of q, k, v, o, fc1, fc2, mlp, names as in PEFT; several as q, v or q+v',
    '適応させる層。all-linear、または q、k、v、o、fc1、fc2、mlp、PEFT と同じ名前（例：q, v または q+v）',
    { name: ['Adapted layers', '適応させる層'] },
  ),
  place: setting(
    z.enum(['all', 'first-half', 'last-half']).default('all'),
    'Blocks of a tower in which they are: all, or the half near the pixels or words (first) or near the features (last)',
    '適応させるブロック：すべて、入力に近い前半、または特徴量に近い後半',
    { name: ['Adapted blocks', '適応させるブロック'], advanced: true },
  ),
  towers: setting(
    z.enum(TOWERS).default(usualTowers),
    'The towers in which they are. With the text tower, the class names as it reads them are the classifier; without, a ' +
      'classifier of its own is trained',
    '適応させるタワー。テキストタワーを含むと、それが読んだクラス名がそのまま分類器になります。含まないときは分類器を別に学習します',
    { name: ['Adapted towers', '適応させるタワー'] },
  ),
})
export type Targets = { [K in keyof ReturnType<typeof targeting>]: z.output<ReturnType<typeof targeting>[K]> }

/** The text tower is needed where it is adapted or gives the classifier. */
export const demandsOfTowers = (given: Readonly<Record<string, unknown>>) => {
  const { towers = 'image' } = given
  return towers === 'image' ? demandsOfHead(given) : { needs: ['embedText' as const], by: `towers: ${String(towers)}` }
}

/** The modules that the settings name, in the model's order. @throws a user fault about a name that fits none */
export function modulesAt({ tensors }: Model, { targets, place, towers }: Targets, recipe: string): string[] {
  const parts = partsOf(towers)
  const all = linearModules(tensors, ...parts)
  const fits = (module: string, name: string) => {
    const role = roleOf(module)
    return name === ALL || module === name || module.endsWith(`.${name}`) || role === name || (name === 'mlp' && !!role?.startsWith('fc'))
  }
  const wanted = targets.split(/[,+]/).map((name) => name.trim())
  const strange = wanted.find((name) => !all.some((module) => fits(module, name)))
  if (strange !== undefined) {
    const known = [...new Set([...all.map((m) => m.split('.').at(-1)), ...SHORT])].join(', ')
    throw userError(
      sentence('recipe.no-such-module', { recipe, towers: sentence(`recipe.tower-${towers}`), name: strange, all: ALL, known }),
    )
  }
  const there = new Set(
    parts.flatMap((part) => {
      const blocks = blocksOf(tensors, part)
      const half = Math.ceil(blocks.length / 2)
      return place === 'first-half' ? blocks.slice(0, half) : blocks.slice(-half)
    }),
  )
  return all.filter((m) => wanted.some((name) => fits(m, name)) && (place === 'all' || there.has(blockOf(m) ?? '')))
}
