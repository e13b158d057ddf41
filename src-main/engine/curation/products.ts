import { gemm } from '../ops/index.ts'
import { Graph } from '../graph/graph.ts'
import { Session, tensor } from '../runtime/session.ts'

/** Inner products of many rows with many others by onnxruntime: about a hundred times faster than loops. */
export class Products {
  private readonly x: Float32Array
  private readonly y: Float32Array

  private constructor(
    private readonly session: Session,
    readonly rows: number,
    readonly columns: number,
    readonly dim: number,
  ) {
    this.x = new Float32Array(rows * dim)
    this.y = new Float32Array(columns * dim)
  }

  /** Allocates for up to `rows` × `columns` rows of `dim` numbers. */
  static async create(rows: number, columns: number, dim: number): Promise<Products> {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [rows, dim])
    const y = graph.input('y', 'float32', [columns, dim])
    graph.output('xy', gemm(x, y, undefined, { transB: true }))
    return new Products(await Session.create(graph), rows, columns, dim)
  }

  /** Copies row `i` of a matrix to slot `slot` of the left operand. */
  left(slot: number, from: Float32Array, i: number): void {
    this.x.set(from.subarray(i * this.dim, (i + 1) * this.dim), slot * this.dim)
  }
  right(slot: number, from: Float32Array, i: number): void {
    this.y.set(from.subarray(i * this.dim, (i + 1) * this.dim), slot * this.dim)
  }

  /** The products [rows, columns]; slots not refilled keep their previous contents. */
  async run(): Promise<Float32Array> {
    const { rows, columns, dim } = this
    const out = await this.session.run({ x: tensor(this.x, 'float32', [rows, dim]), y: tensor(this.y, 'float32', [columns, dim]) })
    return out['xy']!.data as Float32Array
  }

  release(): Promise<void> {
    return this.session.release()
  }
}
