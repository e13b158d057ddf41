import { ANY, shapeFor } from '../graph/any-batch.ts'
import { DataTypes, type TypedArray } from '../graph/dtypes.ts'
import { Graph, type Shape, sizeOf, type Value } from '../graph/graph.ts'
import { deviceRecord } from './device-records.ts'
import { Session, type SessionOptions, type Tensor, tensor } from './session.ts'

/** Writes row `row` of the data into slot `slot` of each input's array. */
export type FillRow = (row: number, into: Readonly<Record<string, TypedArray>>, slot: number) => void

/**
 * Evaluates a graph over any number of rows in batches. `build` gets a graph and the batch size; the batch is the
 * first axis of every output and of the inputs named in `rows`; other inputs are fed unchanged. If the device
 * supports any batch size, the last batch is smaller and one session serves every size; otherwise it is padded.
 */
export class BatchSession {
  private constructor(
    private readonly session: Session,
    private readonly rows: readonly string[],
    readonly batch: number,
  ) {}

  static async create(
    batch: number,
    rows: readonly string[],
    build: (graph: Graph, batch: number) => Record<string, Value>,
    options?: SessionOptions,
  ): Promise<BatchSession> {
    const graph = new Graph()
    const anyBatch = deviceRecord(options?.provider ?? 'cpu').anyBatch
    for (const [name, value] of Object.entries(build(graph, anyBatch ? ANY : batch))) graph.output(name, value)
    return new BatchSession(await Session.create(graph, { ...options, batch }), rows, batch)
  }

  private get isAny(): boolean {
    return [...this.session.inputs.values()].some(({ shape }) => shape[0] === ANY)
  }

  /** Each output for rows 0 … n−1, concatenated. A last batch that must be full is padded by repeating its last row. */
  async run(
    n: number,
    fill: FillRow,
    feeds: Readonly<Record<string, Tensor>> = {},
    onBatch?: (done: number) => void,
  ): Promise<Record<string, Float32Array>> {
    const inputs = this.rows.flatMap((name) => {
      const type = this.session.inputs.get(name)
      return type ? [[name, type, DataTypes[type.dtype].from(new Uint8Array(sizeOf(shapeFor(type.shape, this.batch))))] as const] : []
    })
    const into = Object.fromEntries(inputs.map(([name, , data]) => [name, data]))
    const out: Record<string, Float32Array> = {}
    for (const [name, type] of this.session.outputs) out[name] = new Float32Array(n * widthOf(type.shape))
    for (let start = 0; start < n; start += this.batch) {
      const count = Math.min(this.batch, n - start)
      const size = this.isAny ? count : this.batch
      for (let slot = 0; slot < size; slot++) fill(start + Math.min(slot, count - 1), into, slot)
      const batch = Object.fromEntries(
        inputs.map(([name, { dtype, shape }, data]) => {
          const own = shapeFor(shape, size)
          return [name, tensor(data.subarray(0, sizeOf(own)), dtype, own)]
        }),
      )
      const results = await this.session.run({ ...feeds, ...batch })
      for (const [name, result] of Object.entries(results)) {
        const width = result.size / size
        out[name]!.set((result.data as Float32Array).subarray(0, count * width), start * width)
      }
      onBatch?.(start + count)
    }
    return out
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

/** Number of elements per row. */
const widthOf = (shape: Shape): number => sizeOf(shape.slice(1))

/** The value of a graph without inputs. */
export async function evaluated(build: (graph: Graph) => Value, options?: SessionOptions): Promise<Float32Array> {
  const graph = new Graph()
  graph.output('y', build(graph))
  const session = await Session.create(graph, options)
  const { y } = await session.run({})
  await session.release()
  return Float32Array.from(y!.data as Float32Array)
}
