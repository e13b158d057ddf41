/** The linear layers of a model as PEFT sees them: modules, whose names are those of their tensors without `.weight`. */
import type { Part, TensorList } from './tensors.ts'

/** Projections of attention (query, key, value, output), and the two layers of an MLP. */
export const moduleRoles = ['q', 'k', 'v', 'o', 'fc1', 'fc2'] as const
export type ModuleRole = (typeof moduleRoles)[number]

/** How the names of each end in the checkpoints of the families; the first that fits counts. */
const endings: readonly (readonly [ModuleRole, RegExp])[] = [
  ['q', /\.(q_proj|query)$/],
  ['k', /\.(k_proj|key)$/],
  ['v', /\.(v_proj|value)$/],
  ['o', /\.(out_proj|attention\.output\.dense)$/],
  ['fc1', /\.(fc1|weights_in|intermediate\.dense)$/],
  ['fc2', /\.(fc2|weights_out|output\.dense)$/],
]
export const roleOf = (module: string): ModuleRole | undefined => endings.find(([, ending]) => ending.test(module))?.[0]

/** The Transformer block of a module: its name up to the last number; undefined outside of blocks. */
export const blockOf = (module: string): string | undefined => /^.+\.\d+(?=\.)/.exec(module)?.[0]

export const weightOf = (module: string): string => `${module}.weight`
export const biasOf = (module: string): string => `${module}.bias`

/** Linear layers in the given parts of a model. Packed ones are left out: no adapter of PEFT has an effect there. */
export const linearModules = (tensors: TensorList, ...parts: readonly Part[]): string[] =>
  [...tensors].flatMap(([name, { part, kind, shape, packed }]) =>
    parts.includes(part) && kind === 'weight' && shape.length === 2 && !packed && name.endsWith('.weight')
      ? [name.slice(0, -'.weight'.length)]
      : [],
  )

/** The Transformer blocks of a part of a model, the first first: those with an attention of their own. */
export const blocksOf = (tensors: TensorList, part: Part): string[] => [
  ...new Set(
    linearModules(tensors, part)
      .filter((module) => roleOf(module) === 'q')
      .flatMap((module) => blockOf(module) ?? []),
  ),
]

/** [out, into] of a module. */
export const sizesOf = (tensors: TensorList, module: string): readonly [number, number] =>
  tensors.get(weightOf(module))!.shape as [number, number]
