/**
 * Graphs for any batch size. Shapes are plain numbers while a graph is built, so a batch-independent graph is built
 * with the batch size `ANY`, a prime larger than any layer width: a dimension depends on the batch exactly if `ANY`
 * divides it.
 */
import type { Emission, Graph, Literal, Shape, Value } from './graph.ts'

export const ANY = 999_983

const grows = (d: number) => d !== 0 && d % ANY === 0
export const isAnyBatch = (graph: Graph): boolean => graph.inputs.some((v) => v.shape.some(grows))

/** `shape` with the batch dimension set to `n`. */
export const shapeFor = (shape: Shape, n: number): Shape => shape.map((d) => (grows(d) ? (d / ANY) * n : d))

/** Symbolic name of a dimension of a graph input or output; undefined if it does not depend on the batch. */
export const dimName = (d: number): string | undefined => (grows(d) ? (d === ANY ? 'batch' : `batch*${d / ANY}`) : undefined)

/** A node of shape arithmetic, emitted before the graph's own nodes. */
export interface ShapeNode {
  readonly e: Emission
  readonly output: string
  /** Operands by name, or literals that become initialisers. */
  readonly inputs: readonly (string | Literal)[]
}

const ints = (values: readonly number[]): Literal => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})

/** Replaces batch-dependent shapes by nodes that compute them from the actual batch size. */
export class BatchShapes {
  /** Emitted before the graph's nodes, in this order. */
  readonly nodes: ShapeNode[] = []
  private readonly known = new Map<string, string>()

  /** @param inputs the graph's inputs, from one of which the batch size is read */
  constructor(private readonly inputs: readonly Value[]) {}

  /** The operand to use instead of a node's literal; the literal itself if it does not depend on the batch. */
  operand({ type }: Emission, literal: Literal): Literal | string {
    if (literal.dtype !== 'int64') return literal
    const values = Array.from(literal.data as BigInt64Array, Number)
    if (!values.some(grows)) return literal
    // Reshape infers one dimension given as -1.
    if (type === 'Reshape' && values.filter(grows).length === 1) return ints(values.map((d) => (grows(d) ? -1 : d)))
    const key = values.join()
    const known = this.known.get(key)
    if (known) return known
    const parts = values.map((d) => (grows(d) ? this.times(d / ANY) : ints([d])))
    const output = this.add({ type: 'Concat', inputs: [], attributes: { axis: 0 } }, parts)
    this.known.set(key, output)
    return output
  }

  private times(k: number): string {
    let batch = this.known.get('batch')
    if (!batch) {
      const input = this.inputs.find((v) => v.shape[0] === ANY)
      if (!input) throw new Error('no input has the batch as its first axis')
      batch = this.add({ type: 'Shape', inputs: [], attributes: { start: 0, end: 1 } }, [input.name])
      this.known.set('batch', batch)
    }
    return k === 1 ? batch : this.add({ type: 'Mul', inputs: [] }, [batch, ints([k])])
  }

  private add(e: Emission, inputs: readonly (string | Literal)[]): string {
    const output = `batch_shape_${this.nodes.length}`
    this.nodes.push({ e, output, inputs })
    return output
  }
}

/** @throws if a constant or a numeric attribute depends on the batch: such a graph works for one size only */
export function refuseFixed(emissions: readonly Emission[], used: Iterable<Value>): void {
  for (const v of used)
    if (v.source.kind !== 'input' && v.source.kind !== 'node' && v.shape.some(grows))
      throw new Error(`${v.name} was made for one batch size`)
  for (const { type, attributes = {} } of emissions)
    for (const value of Object.values(attributes))
      if ([value].flat().some((d) => typeof d === 'number' && grows(d))) throw new Error(`${type} was made for one batch size`)
}
