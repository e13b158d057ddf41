import { Graph, type Value } from '../graph/graph.ts'
import { type Model, paramsFor } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { type Provider, Session, type Tensor } from '../runtime/session.ts'

/** A model's sessions, one for each graph and shape of its inputs, until they are released. */
export class Sessions {
  private readonly open = new Map<string, Promise<Session>>()

  constructor(
    private readonly model: Model,
    private readonly provider?: Provider,
  ) {}

  /**
   * The outputs of a graph.
   * @param name of the graph; the same name and shapes must mean the same graph
   */
  async run(
    name: string,
    feeds: Readonly<Record<string, Tensor>>,
    build: (p: Params, inputs: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
  ): Promise<Record<string, Tensor>> {
    const shapes = Object.entries(feeds).map(([input, t]) => `${input} ${t.type} [${t.dims.join()}]`)
    const key = `${name} ${shapes.join(' ')}`
    let session = this.open.get(key)
    if (!session) this.open.set(key, (session = this.create(feeds, build)))
    return (await session).run(feeds)
  }

  private create(
    feeds: Readonly<Record<string, Tensor>>,
    build: (p: Params, inputs: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
  ): Promise<Session> {
    const graph = new Graph()
    const inputs = Object.fromEntries(
      Object.entries(feeds).map(([name, t]) => [name, graph.input(name, t.type === 'int32' ? 'int32' : 'float32', t.dims)]),
    )
    const p = paramsFor(this.model, graph, this.model.weights)
    for (const [name, value] of Object.entries(build(p, inputs))) graph.output(name, value)
    return Session.create(graph, { provider: this.provider })
  }

  async release(): Promise<void> {
    const all = [...this.open.values()]
    this.open.clear()
    for (const session of await Promise.allSettled(all)) if (session.status === 'fulfilled') await session.value.release()
  }
}
