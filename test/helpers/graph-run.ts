import { Graph } from '../../src-main/engine/graph/graph.ts'
import { Session, type Tensor } from '../../src-main/engine/runtime/session.ts'

/** What a graph answers to one set of feeds. */
export async function runGraph(
  build: (graph: Graph) => void,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const graph = new Graph()
  build(graph)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(out).map(([name, t]) => [name, t.data as Float32Array]))
}
