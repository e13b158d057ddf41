import { dataError } from '#shared/errors.ts'
import type { DType } from '../graph/dtypes.ts'
import type { Graph, Shape, Value } from '../graph/graph.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { cast, sameShape } from '../ops/shape.ts'
import { toHalf } from '../weights/dtype.ts'

/** What a model's weights come from: a checkpoint folder (weights/source.ts), or an initialisation. */
export interface WeightSource {
  /** Named in messages: the folder. */
  readonly source: string
  has(name: string): boolean
  /** Type, shape and place of a tensor; without a place it can only be read. */
  info(name: string): TensorPlace
  float32(name: string): Float32Array
}

interface TensorPlace {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly file?: string
  readonly offset?: number
  readonly length?: number
}

/** Weights that exist in memory only: an initialisation, or a training's present state. */
export function tensorsInMemory(
  source: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  data: (name: string) => Float32Array,
): WeightSource {
  return {
    source,
    has: (name) => shapes.has(name),
    info: (name) => ({ dtype: 'F32', shape: shapes.get(name)! }),
    float32: data,
  }
}

/** safetensors' names of the types that a frozen weight may have. */
const FLOATS: Record<string, DType> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }

/** A tensor that training changes without a gradient (a running mean), with the value that replaces it after the step. */
export interface Buffer {
  readonly name: string
  readonly shape: Shape
  readonly next: Value
}

export type FrozenAs = 'float' | 'stored' | 'half'

export interface ParamsOptions {
  /** Whether layers behave as in training where their weights are trained: batch norm takes the batch's statistics. */
  readonly training?: boolean
  /** To which trained tensors weight decay applies; to matrices unless told. */
  readonly decays?: (name: string, shape: Shape) => boolean
  /**
   * How frozen matrices are held; `float` unless told. `stored`: those that their file has in 16 bits stay so, and each run casts
   * them to float32 where they are used, which changes no figure and takes half the memory for a somewhat slower run. `half`: the
   * others too, rounded to float16; a tensor with a value that float16 cannot hold stays as it is.
   */
  readonly frozen?: FrozenAs
}

const isMatrix = (_name: string, shape: Shape) => shape.length >= 2

/** What a layer needs of {@link Params}. */
export type Weights = Pick<Params, 'graph' | 'get' | 'scoped'>

/**
 * Hands a model its weights as graph values while it is being built. A trainable one is an input `w:NAME`, fed and
 * replaced each step; a frozen one is mapped from its file and cast to float32 in the graph.
 */
export class Params {
  readonly trainable: Parameter[] = []
  /** What the step computed anew, of tensors that have no gradient. */
  readonly buffers: Buffer[] = []
  private readonly values = new Map<string, Value>()

  constructor(
    readonly graph: Graph,
    readonly source: WeightSource,
    private readonly isTrainable: (name: string) => boolean = () => false,
    private readonly options: ParamsOptions = {},
  ) {}

  /** Nodes that `build` appends are named after the layer. */
  scoped<T>(name: string, build: () => T): T {
    return this.graph.scoped(name, build)
  }

  /** A tensor without a gradient, e.g. running statistics: an input `buffer:NAME` where its layer is trained, else as a frozen weight. */
  buffer(name: string, shape: Shape): Value {
    return this.tensor(name, shape, () => this.graph.input(`buffer:${name}`, 'float32', shape))
  }

  /** Whether a buffer is to be renewed: in training, where its layer is trained. */
  renews(name: string): boolean {
    return Boolean(this.options.training) && this.isTrainable(name)
  }

  /** Gives the value that a buffer has after the step. */
  renew(name: string, next: Value): void {
    this.buffers.push({ name, shape: next.shape, next })
  }

  /** The tensor of this name, checked against the shape that the model's configuration demands. */
  get(name: string, shape: Shape): Value {
    return this.tensor(name, shape, () => this.input(name, shape))
  }

  private tensor(name: string, shape: Shape, input: () => Value): Value {
    const known = this.values.get(name)
    if (known) return known
    if (!this.source.has(name)) throw dataError(this.source.source, `tensor ${name} is missing (shape [${shape}] expected)`)
    const info = this.source.info(name)
    if (!sameShape(info.shape, shape))
      throw dataError(info.file ?? this.source.source, `tensor ${name}: shape [${info.shape}] found, [${shape}] expected from config.json`)
    const value = this.isTrainable(name) ? input() : this.frozen(name, shape, info)
    this.values.set(name, value)
    return value
  }

  private input(name: string, shape: Shape): Value {
    this.trainable.push({ name, shape, decay: (this.options.decays ?? isMatrix)(name, shape) })
    return this.graph.input(`w:${name}`, 'float32', shape)
  }

  private frozen(name: string, shape: Shape, info: TensorPlace): Value {
    const dtype = FLOATS[info.dtype]
    const { frozen = 'float' } = this.options
    const asStored = frozen !== 'float' && shape.length > 1
    if (asStored && frozen === 'half' && (dtype === 'float32' || info.file === undefined)) {
      const data = halved(this.source.float32(name))
      if (data) return cast(this.graph.stored(name, data, 'float16', shape), 'float32')
    }
    if (!dtype || info.file === undefined) return this.graph.constant(this.source.float32(name), 'float32', shape)
    const external = { file: info.file, offset: info.offset!, length: info.length! }
    return cast(this.graph.external(name, dtype, shape, external, { asStored: asStored && dtype !== 'float32' }), 'float32')
  }
}

/** In float16, rounded to the nearest; undefined where one of them is too large for it. */
function halved(values: Float32Array): Uint16Array | undefined {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) if (((halves[i] = toHalf(values[i]!)) & 0x7c00) === 0x7c00) return undefined
  return halves
}
