/**
 * Graphs of any batch size. Shapes are numbers while a graph is built, so a graph for any batch is built with `ANY` in the place of
 * its size, a prime larger than any width: dimensions that it divides, and no others, grow with the batch.
 */
import type { Emission, Graph, Literal, Shape, Value } from './graph.ts'

export const ANY = 999_983

const grows = (d: number) => d !== 0 && d % ANY === 0
export const isAnyBatch = (graph: Graph): boolean => graph.inputs.some((v) => v.shape.some(grows))

/** The shape for a batch of `n`. */
export const shapeFor = (shape: Shape, n: number): Shape => shape.map((d) => (grows(d) ? (d / ANY) * n : d))

/** Names a dimension of a graph's input or output; undefined where it is a number. */
export const dimName = (d: number): string | undefined => (grows(d) ? (d === ANY ? 'batch' : `batch*${d / ANY}`) : undefined)

/** A node that computes with shapes, in front of those of the graph. */
export interface ShapeNode {
  readonly e: Emission
  readonly output: string
  /** Operands by name, or numbers to be put in. */
  readonly inputs: readonly (string | Literal)[]
}

const ints = (values: readonly number[]): Literal => ({
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})

/** Replaces shapes that grow with the batch by what is computed from the batch at hand. */
export class BatchShapes {
  /** To be emitted before the nodes of the graph, in this order. */
  readonly nodes: ShapeNode[] = []
  private readonly known = new Map<string, string>()

  /** @param inputs those that the model has */
  constructor(private readonly inputs: readonly Value[]) {}

  /** The operand that stands in for a literal of the node; the literal itself where it has nothing to do with the batch. */
  operand({ type }: Emission, literal: Literal): Literal | string {
    if (literal.dtype !== 'int64') return literal
    const values = Array.from(literal.data as BigInt64Array, Number)
    if (!values.some(grows)) return literal
    // One dimension of a Reshape may be what is left over.
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

/** @throws where a number that the graph holds grows with the batch: it was made for one size */
export function refuseFixed(emissions: readonly Emission[], used: Iterable<Value>): void {
  for (const v of used)
    if (v.source.kind !== 'input' && v.source.kind !== 'node' && v.shape.some(grows))
      throw new Error(`${v.name} was made for one batch size`)
  for (const { type, attributes = {} } of emissions)
    for (const value of Object.values(attributes))
      if ([value].flat().some((d) => typeof d === 'number' && grows(d))) throw new Error(`${type} was made for one batch size`)
}
