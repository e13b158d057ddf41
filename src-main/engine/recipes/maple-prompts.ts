/**
 * The prompts of MaPLe (Khattak et al. 2023, §3.2; muzairkhattak/multimodal-prompt-learning trainers/maple.py): tokens P_i before
 * the class names in each of the first layers of the text tower, and F_i(P_i), with a linear F_i, among the patches in the same
 * layers of the image tower.
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import { Graph, type Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { type Model, viewed } from '../models/model.ts'
import { layersOf, withTokens } from '../models/visual-prompts.ts'
import type { Params } from '../nn/params.ts'
import { concat, l2Normalize, linear, mul, reshape } from '../ops/index.ts'
import { type Provider, Session, type Tensor } from '../runtime/session.ts'
import { Prompts, withDeeperContext } from '../tasks/prompts.ts'
import { ReadClasses } from './class-texts.ts'
import { type OwnTensor, withParts } from './overlay.ts'

/** Names as in the reference: the context of the first layer and its linear image; the same of the layers after it. */
export const CONTEXT = 'ctx'
const PROJECTION = 'proj'
const deeper = (i: number) => `compound_prompts_text.${i}`
const projectionOf = (i: number) => (i === 0 ? PROJECTION : `compound_prompt_projections.${i - 1}`)
const contextOf = (i: number) => (i === 0 ? CONTEXT : deeper(i - 1))

interface MapleForm {
  readonly contextLength: number
  /** Layers with tokens. */
  readonly depth: number
}

/** The prompts of both towers, of some classes. @throws a user error if a tower takes no tokens */
export class MaplePrompts extends ReadClasses {
  private readonly text: ReturnType<typeof textTower>
  private readonly prompts: Prompts
  readonly depth: number

  constructor(
    private readonly base: Model,
    names: readonly string[],
    private readonly form: MapleForm,
    private readonly provider?: Provider,
  ) {
    super(names.length, base.dim)
    this.text = textTower(base, 'maple')
    const { names: layers } = layersOf(base, 'maple')
    if (!this.text.layers) throw userError(sentence('recipe.no-deep-prompts', { recipe: 'maple', family: base.family.name }))
    this.depth = Math.min(form.depth, layers.length, this.text.layers.names.length)
    this.prompts = Prompts.of(base, names, { contextLength: form.contextLength, position: 'end' }, 'maple')
  }

  /** The shapes of the trained tensors by name. */
  shapes(): Map<string, readonly number[]> {
    const [of, into] = [this.text.width, layersOf(this.base, 'maple').width]
    return new Map<string, readonly number[]>(
      Array.from({ length: this.depth }, (_, i) => [
        [contextOf(i), [this.form.contextLength, of]] as const,
        [`${projectionOf(i)}.weight`, [into, of]] as const,
        [`${projectionOf(i)}.bias`, [into]] as const,
      ]).flat(),
    )
  }

  /** The classes' embeddings [n, dim], not normalised. */
  embed(p: Params): Value {
    const contexts = Array.from({ length: this.depth }, (_, i) => this.get(p, contextOf(i)))
    const { layers, before } = this.text
    return this.prompts.embed(withDeeperContext(p, layers!.names, before, contexts.slice(1)), contexts[0]!)
  }

  /** What stands among the patches, [depth, M, width]. */
  visual(p: Params): Value {
    const { before, width } = layersOf(this.base, 'maple')
    const images = Array.from({ length: this.depth }, (_, i) => {
      const projection = projectionOf(i)
      const image = linear(this.get(p, contextOf(i)), this.get(p, `${projection}.weight`), this.get(p, `${projection}.bias`))
      return reshape(i === 0 && before ? before(p, image) : image, [1, this.form.contextLength, width])
    })
    return concat(images, { axis: 0 })
  }

  /** The model, whose image tower has these prompts among its patches. */
  model(): Model {
    const { image } = this.base
    const layers = layersOf(this.base, 'maple')
    return withParts(this.base, { image: { ...image, ...viewed(image, (p) => withTokens(p, layers, this.visual(p))) } })
  }

  logits(p: Params, features: Value): Value {
    return this.text.similarity.logits(p, features, this.embed(p))
  }

  /** The classifier's weight [n, dim]. */
  weight(p: Params): Value {
    return mul(l2Normalize(this.embed(p)), this.text.similarity.scale(p))
  }

  get bias(): Float32Array {
    return new Float32Array(this.n).fill(this.text.similarity.of(this.base.weights).bias)
  }

  protected async open(params: (graph: Graph) => Params) {
    const graph = new Graph()
    graph.output('weight', this.weight(params(graph)))
    const session = await Session.create(graph, { provider: this.provider })
    return {
      read: async (weights: Readonly<Record<string, Tensor>>) => {
        const { weight } = await session.run(weights)
        return { weight: Float32Array.from(weight!.data as Float32Array), bias: this.bias }
      },
      release: () => session.release(),
    }
  }

  private get(p: Params, name: string): Value {
    return p.get(name, this.shapes().get(name)!)
  }
}

/**
 * The tensors as the reference starts them: the context from words or noise, deeper ones from N(0, 0.02), linear layers as
 * torch.nn.Linear begins, those of the deeper layers alike.
 */
export function startMaple(prompts: MaplePrompts, context: OwnTensor, seed: number): Map<string, OwnTensor> {
  const tensors = [...prompts.shapes()].map(([name, shape]): [string, OwnTensor] => {
    if (name === CONTEXT) return [name, context]
    const n = shape.reduce((a, b) => a * b, 1)
    const isText = name.startsWith('compound_prompts_text.')
    const bound = context.shape[1]! ** -0.5
    const stream = isText ? Number(name.split('.').at(-1)) : name.startsWith(PROJECTION) ? -1 : -2
    const rng = Rng.of(seed, 0x3a91e, stream, Number(name.endsWith('.bias')))
    return [name, { shape, data: Float32Array.from({ length: n }, () => (isText ? 0.02 * rng.normal() : rng.uniform(-bound, bound))) }]
  })
  return new Map(tensors)
}
