import { DataTypes, type DType, type TypedArray } from './dtypes.ts'

export type Shape = readonly number[]

/** The location of a tensor inside a `.safetensors` file, which onnxruntime maps into memory itself. */
export interface ExternalData {
  readonly file: string
  readonly offset: number
  readonly length: number
}

/** The origin of a value: fed at run time, a literal, mapped bytes, or output `index` of a node. */
export type Source =
  | { readonly kind: 'input' }
  | { readonly kind: 'constant'; readonly data: TypedArray; readonly asStored?: boolean }
  | { readonly kind: 'external'; readonly external: ExternalData; readonly asStored?: boolean }
  | { readonly kind: 'node'; readonly node: Node; readonly index: number }

/** A tensor in the graph. Shapes are fixed numbers: a session is built for one batch shape. */
export interface Value {
  readonly graph: Graph
  readonly id: number
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly source: Source
}

/** One application of an op record (see ops/define.ts). */
export interface Node {
  readonly op: Op
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly attrs: unknown
  /** The module that created it, e.g. `vision_model.encoder.layers.0.self_attn`; '' outside any scope. */
  readonly scope: string
  /** The block that it is part of, if any (Graph.block). */
  readonly block: number | undefined
}

/** A literal operand that an ONNX op wants as an input rather than an attribute (axes, a target shape …). */
export type Literal = { readonly dtype: DType; readonly shape: Shape; readonly data: TypedArray }
export type Attribute = number | { readonly float: number } | string | readonly number[]

/** The single ONNX node that one of our nodes becomes. */
export interface Emission {
  readonly type: string
  readonly domain?: string
  readonly inputs: readonly (Value | Literal)[]
  readonly attributes?: Readonly<Record<string, Attribute>>
}

export interface TensorType {
  readonly dtype: DType
  readonly shape: Shape
}

/** An op: output types, ONNX form and gradient. Created by `ops/define.ts`. */
export interface Op {
  readonly name: string
  infer(inputs: readonly Value[], attrs: unknown): readonly TensorType[]
  emit(node: Node): Emission
  /**
   * Gradients of the inputs, given those of the outputs (null if an output does not reach the loss). Absent: not
   * differentiable.
   */
  vjp?(node: Node, grads: readonly (Value | null)[]): readonly (Value | null)[]
}

/**
 * A graph under construction. Nodes are hash-consed: asking twice for the same op on the same operands gives the same
 * value, so forward and gradient rules may recompute freely. Nodes stand in topological order by construction; only what
 * the outputs need is encoded.
 */
export class Graph {
  readonly inputs: Value[] = []
  readonly outputs: { name: string; value: Value }[] = []
  private readonly known = new Map<string, readonly Value[]>()
  private readonly names = new Set<string>()
  private next = 0
  private scope = ''
  private blocks = 0
  private inBlock: number | undefined

  input(name: string, dtype: DType, shape: Shape): Value {
    if (this.names.has(name)) throw new Error(`graph input ${name} is defined twice`)
    this.names.add(name)
    const value = this.value(name, { dtype, shape }, { kind: 'input' })
    this.inputs.push(value)
    return value
  }

  constant(data: TypedArray, dtype: DType, shape: Shape): Value {
    if (data.length !== sizeOf(shape)) throw new Error(`constant of shape [${shape}] has ${data.length} elements`)
    const make = () => [this.value(`const_${this.next}`, { dtype, shape }, { kind: 'constant', data })]
    if (data.length > 16) return make()[0]!
    return this.once(`const ${dtype} [${shape}] ${data.join()}`, make)[0]!
  }

  scalar(x: number, dtype: DType = 'float32'): Value {
    return this.constant(DataTypes[dtype].from([x]), dtype, [])
  }

  /**
   * A frozen weight, mapped from its file. The caller casts types other than float32. The cast runs once, when the
   * session is built; with `asStored` it runs on every call instead, which takes less memory.
   */
  external(name: string, dtype: DType, shape: Shape, external: ExternalData, { asStored = false } = {}): Value {
    return this.once(`external ${name}`, () => [this.value(name, { dtype, shape }, { kind: 'external', external, asStored })])[0]!
  }

  /** A frozen in-memory weight, kept in its stored type (see `external` for `asStored`). */
  stored(name: string, data: TypedArray, dtype: DType, shape: Shape): Value {
    return this.once(`stored ${name}`, () => [this.value(name, { dtype, shape }, { kind: 'constant', data, asStored: true })])[0]!
  }

  output(name: string, value: Value): void {
    this.outputs.push({ name, value })
  }

  /**
   * Names the nodes that `build` appends after `scope`, a layer's full path, so that profiles and errors show the
   * layer. A hash-consed value that already existed keeps its name.
   */
  scoped<T>(scope: string, build: () => T): T {
    const outer = this.scope
    this.scope = scope
    try {
      return build()
    } finally {
      this.scope = outer
    }
  }

  /**
   * {@link scoped}, and makes a block of the nodes: a layer, say, of which a training may keep only what enters, to compute it anew for
   * its gradient (autodiff.ts). A block within another is part of it.
   */
  block<T>(scope: string, build: () => T): T {
    if (this.inBlock !== undefined) return this.scoped(scope, build)
    this.inBlock = this.blocks++
    try {
      return this.scoped(scope, build)
    } finally {
      this.inBlock = undefined
    }
  }

  apply(op: Op, inputs: readonly Value[], attrs: unknown): readonly Value[] {
    for (const input of inputs) if (input.graph !== this) throw new Error(`${op.name}: an operand belongs to another graph`)
    const key = `${op.name} ${inputs.map((v) => v.id)} ${JSON.stringify(attrs)}`
    return this.once(key, () => {
      const types = this.infer(op, inputs, attrs)
      const outputs: Value[] = []
      const node: Node = { op, inputs, outputs, attrs, scope: this.scope, block: this.inBlock }
      types.forEach((type, index) => outputs.push(this.value(`${op.name}_${this.next}`, type, { kind: 'node', node, index })))
      return outputs
    })
  }

  /** Shape errors are reported with the layer in which they occurred. */
  private infer(op: Op, inputs: readonly Value[], attrs: unknown): readonly TensorType[] {
    try {
      return op.infer(inputs, attrs)
    } catch (e) {
      if (this.scope && e instanceof Error) e.message = `${this.scope}: ${e.message}`
      throw e
    }
  }

  private once(key: string, make: () => readonly Value[]): readonly Value[] {
    let values = this.known.get(key)
    if (!values) this.known.set(key, (values = make()))
    return values
  }

  private value(name: string, type: TensorType, source: Source): Value {
    return { graph: this, id: this.next++, name, dtype: type.dtype, shape: type.shape, source }
  }
}

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

/** The nodes that `roots` depend on, in topological order. */
export function reachableNodes(roots: readonly Value[]): Node[] {
  const seen = new Set<Node>()
  const order: Node[] = []
  const stack: { node: Node; expanded: boolean }[] = []
  const push = (v: Value) => v.source.kind === 'node' && stack.push({ node: v.source.node, expanded: false })
  for (const root of roots) {
    push(root)
    for (let top = stack.pop(); top; top = stack.pop()) {
      if (top.expanded) order.push(top.node)
      else if (!seen.has(top.node)) {
        seen.add(top.node)
        stack.push({ node: top.node, expanded: true })
        for (let i = top.node.inputs.length - 1; i >= 0; i--) push(top.node.inputs[i]!)
      }
    }
  }
  return order
}

/** The external files that the graph's outputs depend on, without duplicates. */
export function externalFiles(graph: Graph): string[] {
  const files = new Set<string>()
  for (const node of reachableNodes(graph.outputs.map((o) => o.value)))
    for (const v of node.inputs) if (v.source.kind === 'external') files.add(v.source.external.file)
  return [...files]
}
