/**
 * Bottleneck adapters of an image tower (Houlsby et al. 2019, §2; google-research/adapter-bert modeling.py): what leaves a
 * sublayer of a Transformer block, y, becomes y + U·σ(D·y + d) + u with a narrow hidden layer, before the residual is added.
 * `houlsby`: after the attention and after the MLP, σ = GELU. `pfeiffer` (Pfeiffer et al. 2021, AdapterFusion): after the MLP
 * alone, σ = ReLU. Because of σ they cannot be merged into weights: they are tensors of the model, announced in `config.json`;
 * `transformers` does not know them and computes the features of the model without them.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Params } from '../nn/params.ts'
import { add, geluTanh, linear, relu } from '../ops/index.ts'
import { type Architecture, viewed } from './model.ts'
import { biasOf, blockOf, linearModules, roleOf, sizesOf, weightOf } from './modules.ts'
import { TensorList } from './tensors.ts'

export const bottleneckForms = {
  houlsby: { after: ['o', 'fc2'], activation: geluTanh },
  pfeiffer: { after: ['fc2'], activation: relu },
} as const

/** In `config.json`. `width`: of the hidden layer. */
export const bottleneckSchema = z.object({
  bottleneck_adapters: z.object({ form: z.enum(['houlsby', 'pfeiffer']), width: z.int().min(1).max(100_000) }),
})
export type Bottleneck = z.infer<typeof bottleneckSchema>['bottleneck_adapters']

/** The two layers of the adapter after a module, as modules. */
const downOf = (module: string) => `${module}.adapter.down`
const upOf = (module: string) => `${module}.adapter.up`

/** The tensors of a model's adapters, in the order of its blocks. @throws a user error if it has some already */
export function bottleneckTensors({ tensors, family }: Architecture, { form, width }: Bottleneck, wanted: string): TensorList {
  const { after } = bottleneckForms[form]
  const places = linearModules(tensors, 'image').filter((m) => blockOf(m) && after.some((role) => role === roleOf(m)))
  if (places.some((m) => tensors.has(weightOf(upOf(m))))) throw userError(sentence('recipe.adapters-twice', { recipe: wanted }))
  if (!places.length) throw userError(sentence('recipe.no-adapters', { recipe: wanted, family: family.name }))
  const list = new TensorList()
  const { affine } = list.in('image')
  for (const module of places) {
    const [d] = sizesOf(tensors, module)
    affine(downOf(module), width, d)
    affine(upOf(module), d, width)
  }
  return list
}

/** What an architecture is with adapters: more tensors, through which what leaves its sublayers passes. */
export function withBottlenecks(
  model: Architecture,
  of: Bottleneck,
  wanted = 'bottleneck_adapters',
): Pick<Architecture, 'image' | 'tensors'> {
  const own = bottleneckTensors(model, of, wanted)
  const tensors = new TensorList(model.tensors)
  tensors.take('', own)
  const { image } = model
  return {
    tensors,
    image: {
      ...image,
      config: { ...(image.config as object), bottleneck_adapters: of },
      ...viewed(image, (p) => withAdapters(p, own, of)),
    },
  }
}

/** These weights, with which what leaves a module goes through the adapter after it. */
function withAdapters(p: Params, own: TensorList, { form }: Bottleneck): Params {
  const view = Object.create(p) as Params
  const get = (name: string) => p.get(name, own.get(name)!.shape)
  view.leave = (module, left, x) => {
    const y = p.leave(module, left, x)
    const [down, up] = [downOf(module), upOf(module)]
    if (!own.has(weightOf(up))) return y
    const hidden = bottleneckForms[form].activation(linear(y, get(weightOf(down)), get(biasOf(down))))
    return add(y, linear(hidden, get(weightOf(up)), get(biasOf(up))))
  }
  return view
}
