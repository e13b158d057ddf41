import { type Graph, type Node, reachableNodes, sizeOf, type Value } from '../graph/graph.ts'
import { shapeFor } from '../graph/any-batch.ts'
import { DataTypes } from '../graph/dtypes.ts'

/**
 * Largest working set, in bytes, for which onnxruntime's arena is used. The arena grows by doubling, keeps up to twice what is needed, and
 * beyond 512 MB would request a block of a gigabyte. Larger graphs allocate each value from the system, which needs less memory and, for
 * values as large as theirs, hardly more time.
 */
const ARENA_BYTES = 128 * 2 ** 20

/** Whether onnxruntime may use its arena for the graph; `DASHI_ARENA=off`, set in Electron's processes, disables it. */
export const keepsArena = (graph: Graph, batch?: number): boolean =>
  process.env['DASHI_ARENA'] !== 'off' && workingBytes(graph, batch) <= ARENA_BYTES

/**
 * Estimates the peak memory of a run in bytes: each value is live from its creation to its last use, in onnxruntime's order; a reshaped
 * one is the same memory. For a graph of any batch size, `batch` is assumed. Outputs live to the end, where they are copied into arrays
 * of ours, unless they are `kept` on the device: then they are left out.
 */
export function workingBytes(graph: Graph, batch = 1, { kept = false } = {}): number {
  const bytesOf = (v: Value): number => sizeOf(shapeFor(v.shape, batch)) * DataTypes[v.dtype].bytes
  const nodes = executionOrder(graph)
  const results = new Set(graph.outputs.map((o) => memoryOf(o.value)))
  const lastUse = new Map<Value, number>()
  nodes.forEach((node, i) => [...node.outputs, ...node.inputs].forEach((v) => lastUse.set(memoryOf(v), i)))
  let [held, peak, copies] = [0, 0, 0]
  nodes.forEach((node, i) => {
    for (const v of node.outputs) {
      if (memoryOf(v) !== v || (kept && results.has(v))) continue
      held += bytesOf(v)
      if (results.has(v)) copies += bytesOf(v)
    }
    peak = Math.max(peak, held)
    for (const v of new Set([...node.inputs, ...node.outputs].map(memoryOf)))
      if (v.source.kind === 'node' && !results.has(v) && lastUse.get(v) === i) held -= bytesOf(v)
  })
  return Math.max(peak, held + copies)
}

/** The value whose memory a value is: a reshaped one has its operand's. */
function memoryOf(v: Value): Value {
  return v.source.kind === 'node' && v.source.node.op.name === 'Reshape' ? memoryOf(v.source.node.inputs[0]!) : v
}

/**
 * The order in which onnxruntime runs the nodes (GraphViewer, ReverseDFSFrom): depth first from the results, the last of them first, and
 * of a node's operands first the one whose node comes last in the file (graph/encode.ts).
 */
function executionOrder(graph: Graph): Node[] {
  const nodes = reachableNodes(graph.outputs.map((o) => o.value))
  const place = new Map(nodes.map((node, i) => [node, i]))
  const operands = (node: Node) =>
    [...new Set(node.inputs.flatMap(({ source }) => (source.kind === 'node' ? [source.node] : [])))].sort(
      (a, b) => place.get(a)! - place.get(b)!,
    )
  const used = new Set(nodes.flatMap(operands))
  const stack = nodes.filter((node) => !used.has(node)).map((node) => ({ node, left: false }))
  const order: Node[] = []
  const seen = new Set<Node>()
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { node } = at
    if (at.left) order.push(node)
    else if (!seen.has(node)) {
      seen.add(node)
      stack.push({ node, left: true }, ...operands(node).map((operand) => ({ node: operand, left: false })))
    }
  }
  return order
}

/**
 * What onnxruntime and its providers say when memory runs out: its arena, C++'s new, CUDA and cuBLAS, DirectML, Vulkan and
 * Dawn; and JavaScript, for an array of ours.
 */
const OUT_OF_MEMORY = new RegExp(
  [
    ...['failed to allocate memory', 'smaller than requested bytes', 'ran out of memory', 'bad_alloc', 'out of memory'],
    ...['OUT_?OF_?(DEVICE_|HOST_)?MEMORY', 'ALLOC_FAILED', '8007000E', 'array buffer allocation failed'],
  ].join('|'),
  'i',
)

/** Whether an error means that a computation needs more memory than there is. */
export function ranOutOfMemory(e: unknown): boolean {
  for (let at = e, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) if (OUT_OF_MEMORY.test(at.message)) return true
  return false
}

/** Bytes of the weights that the graph holds or maps. */
export function storedBytes(graph: Graph): number {
  const stored = new Set<Value>()
  for (const node of reachableNodes(graph.outputs.map((o) => o.value)))
    for (const v of node.inputs) if (v.source.kind === 'constant' || v.source.kind === 'external') stored.add(v)
  return [...stored].reduce((n, v) => n + sizeOf(v.shape) * DataTypes[v.dtype].bytes, 0)
}

/**
 * Bytes of the frozen matrices as onnxruntime lays them out for its products: a copy for each product that reads one, in place of
 * what was stored.
 */
export function packedBytes(graph: Graph): number {
  let bytes = 0
  for (const { op, inputs } of reachableNodes(graph.outputs.map((o) => o.value)))
    if (op.name === 'MatMul' || op.name === 'Gemm')
      for (const v of inputs) if (isFrozen(v) && v.shape.length === 2) bytes += sizeOf(v.shape) * 4
  return bytes
}

/** A constant, or one that is cast when the session is built. */
function isFrozen({ source }: Value): boolean {
  if (source.kind === 'node') return source.node.op.name === 'Cast' && isFrozen(source.node.inputs[0]!)
  return source.kind === 'external' || source.kind === 'constant'
}
