import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { DType } from '../graph/dtypes.ts'
import type { Graph, Shape, Value } from '../graph/graph.ts'
import type { Parameter } from '../optim/optimizer.ts'
import { cast, sameShape } from '../ops/shape.ts'
import { toHalf } from '../weights/dtype.ts'

/** Where a model's weights come from: a checkpoint folder (weights/source.ts) or an initialisation. */
export interface WeightSource {
  /** The folder, for error messages. */
  readonly source: string
  has(name: string): boolean
  /** Type, shape and file location of a tensor; a tensor without a location can only be read into memory. */
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

/** Weights that exist only in memory: an initialisation, or the current state of a training. */
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

/** The safetensors names of the types that frozen weights may have. */
const FLOATS: Record<string, DType> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' }

/** A tensor that training updates without a gradient (e.g. a running mean), with its value after the step. */
export interface Buffer {
  readonly name: string
  readonly shape: Shape
  readonly next: Value
}

export type FrozenAs = 'float' | 'stored' | 'half'

export interface ParamsOptions {
  /** Whether trained layers behave as in training mode: batch norm then uses the batch statistics. */
  readonly training?: boolean
  /** Which trained tensors weight decay applies to; matrices by default. */
  readonly decays?: (name: string, shape: Shape) => boolean
  /**
   * How frozen matrices are held; `float` by default. `stored`: 16-bit matrices keep their type and are cast to
   * float32 where they are used, on every run; same results and half the memory, but somewhat slower. `half`: float32
   * matrices are rounded to float16 too, except a tensor with a value outside float16's range.
   */
  readonly frozen?: FrozenAs
}

const isMatrix = (_name: string, shape: Shape) => shape.length >= 2

/** The part of {@link Params} that a layer needs. */
export type Weights = Pick<Params, 'graph' | 'get' | 'scoped' | 'leave'>

/**
 * Supplies weights as graph values while a model is built. A trainable weight is an input `w:NAME`, fed and updated
 * every step; a frozen one is mapped from its file and cast to float32 in the graph.
 */
export class Params {
  readonly trainable: Parameter[] = []
  /** New values of gradient-free tensors, computed by the step. */
  readonly buffers: Buffer[] = []
  private readonly values = new Map<string, Value>()

  constructor(
    readonly graph: Graph,
    readonly source: WeightSource,
    private readonly isTrainable: (name: string) => boolean = () => false,
    private readonly options: ParamsOptions = {},
  ) {}

  /** What enters a layer: `x`, or more, where weights bring tokens of their own (models/visual-prompts.ts). */
  enter(_layer: string, x: Value): Value {
    return x
  }

  /** What a layer adds to its input x [B, …]: `y`, or what stochastic depth leaves of it (recipes/drop-path.ts). */
  branch(_layer: string, y: Value): Value {
    return y
  }

  /** What leaves a linear layer that `x` enters: `y`, or what an adapter makes of it (models/bottleneck.ts, recipes/low-rank.ts). */
  leave(_module: string, y: Value, _x: Value): Value {
    return y
  }

  /** Names the nodes that `build` appends after the layer. */
  scoped<T>(name: string, build: () => T): T {
    return this.graph.scoped(name, build)
  }

  /** Names the nodes that `build` appends after the layer, and makes a block of them, which may be computed anew (Graph.block). */
  block<T>(name: string, build: () => T): T {
    return this.graph.block(name, build)
  }

  /**
   * A tensor without a gradient, e.g. running statistics: an input `buffer:NAME` if its layer is trained, else a
   * frozen weight.
   */
  buffer(name: string, shape: Shape): Value {
    return this.tensor(name, shape, () => this.graph.input(`buffer:${name}`, 'float32', shape))
  }

  /** Whether a buffer is updated by the step: in training mode, if its layer is trained. */
  renews(name: string): boolean {
    return Boolean(this.options.training) && this.isTrainable(name)
  }

  /** Sets a buffer's value after the step. */
  renew(name: string, next: Value): void {
    this.buffers.push({ name, shape: next.shape, next })
  }

  /**
   * The tensor `name`. @throws a data fault if it is missing or its shape differs from the one the configuration
   * demands
   */
  get(name: string, shape: Shape): Value {
    return this.tensor(name, shape, () => this.input(name, shape))
  }

  /** These weights under other names, for a part of a model that is a model of its own elsewhere. */
  renamed(nameOf: (name: string) => string): Params {
    const view = Object.create(this) as Params
    view.get = (name, shape) => this.get(nameOf(name), shape)
    view.scoped = (name, build) => this.scoped(nameOf(name), build)
    view.block = (name, build) => this.block(nameOf(name), build)
    view.enter = (layer, x) => this.enter(nameOf(layer), x)
    view.leave = (module, y, x) => this.leave(nameOf(module), y, x)
    view.branch = (layer, y) => this.branch(nameOf(layer), y)
    return view
  }

  private tensor(name: string, shape: Shape, input: () => Value): Value {
    const known = this.values.get(name)
    if (known) return known
    if (!this.source.has(name))
      throw dataError(this.source.source, sentence('tensor.missing-of-shape', { tensor: name, expected: `[${shape}]` }))
    const info = this.source.info(name)
    if (!sameShape(info.shape, shape))
      throw dataError(
        info.file ?? this.source.source,
        sentence('tensor.config-shape', { tensor: name, found: `[${info.shape}]`, expected: `[${shape}]` }),
      )
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

/** Rounds to the nearest float16; undefined if a value is out of range. */
function halved(values: Float32Array): Uint16Array | undefined {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) if (((halves[i] = toHalf(values[i]!)) & 0x7c00) === 0x7c00) return undefined
  return halves
}
