import { type Graph, reachableNodes, sizeOf, type Value } from '../graph/graph.ts'
import { DataTypes } from '../graph/dtypes.ts'

/**
 * Up to here a graph's values are kept in onnxruntime's arena, which grows by doubling: beyond 512 MB it would ask for a block of
 * a gigabyte. Larger steps take each value from the system: they need less memory so, and their products are long
 * enough that the time it takes (a few hundredths) is hardly seen.
 */
const ARENA_BYTES = 512 * 2 ** 20

/** Whether onnxruntime may keep an arena for the graph: never where it is told not to, as in a process of Electron's. */
export const keepsArena = (graph: Graph): boolean => process.env['DASHI_ARENA'] !== 'off' && workingBytes(graph) <= ARENA_BYTES

/**
 * About how much a run holds at once, in the order in which the graph was built: each value from where it is made to its last use.
 * Gradients may be held twice, before and after they are clipped. Inputs and outputs lie in arrays of ours.
 */
export function workingBytes(graph: Graph): number {
  const nodes = reachableNodes(graph.outputs.map((o) => o.value))
  const ours = new Set(graph.outputs.map((o) => o.value))
  const lastUse = new Map<Value, number>()
  nodes.forEach((node, i) => [...node.outputs, ...node.inputs].forEach((v) => lastUse.set(v, i)))
  let [held, peak] = [0, 0]
  nodes.forEach((node, i) => {
    for (const v of node.outputs) if (!ours.has(v)) held += bytesOf(v)
    peak = Math.max(peak, held)
    for (const v of new Set([...node.inputs, ...node.outputs]))
      if (v.source.kind === 'node' && !ours.has(v) && lastUse.get(v) === i) held -= bytesOf(v)
  })
  const trained = graph.inputs.filter((v) => v.name.startsWith('w:')).reduce((n, v) => n + bytesOf(v), 0)
  return peak + trained
}

const bytesOf = (v: Value): number => sizeOf(v.shape) * DataTypes[v.dtype].bytes

/** Bytes of the weights that the graph holds or maps. */
export function storedBytes(graph: Graph): number {
  const stored = new Set<Value>()
  for (const node of reachableNodes(graph.outputs.map((o) => o.value)))
    for (const v of node.inputs) if (v.source.kind === 'constant' || v.source.kind === 'external') stored.add(v)
  return [...stored].reduce((n, v) => n + bytesOf(v), 0)
}
