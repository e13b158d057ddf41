import { type Node, reachableNodes, type Value } from './graph/graph.ts'
import { add } from './ops/arithmetic.ts'
import { unbroadcast } from './ops/reduce.ts'

/**
 * d loss / d wrt, appended to the graph as ordinary nodes (reverse mode). `loss` is a scalar (shape [] or [1]). Only
 * nodes on a path from `wrt` to the loss are visited, each once; gradients of a value used several times add up.
 * @throws naming the op if it has no gradient rule, or the parameter if it does not reach the loss
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.some((d) => d !== 1)) throw new Error(`the loss is not a scalar: [${loss.shape}]`)
  const nodes = reachableNodes([loss])
  const active = new Set<Value>(wrt)
  const activeNodes: Node[] = []
  for (const node of nodes)
    if (node.inputs.some((v) => active.has(v))) {
      activeNodes.push(node)
      for (const v of node.outputs) active.add(v)
    }

  const grads = new Map<Value, Value>([[loss, ones(loss)]])
  for (const node of activeNodes.reverse()) {
    const upstream = node.outputs.map((v) => grads.get(v) ?? null)
    if (upstream.every((g) => g === null)) continue
    if (!node.op.vjp) throw new Error(`${node.op.name} has no gradient rule`)
    const rule = node.op.vjp
    loss.graph.scoped(node.scope ? `${node.scope}/grad` : 'grad', () => {
      const downstream = rule(node, upstream)
      node.inputs.forEach((input, i) => {
        const g = downstream[i]
        if (!g || !active.has(input)) return
        const shaped = unbroadcast(g, input)
        const before = grads.get(input)
        grads.set(input, before ? add(before, shaped) : shaped)
      })
    })
  }
  return wrt.map((v) => {
    const g = grads.get(v)
    if (!g) throw new Error(`${v.name} does not reach the loss`)
    return g
  })
}

const ones = (v: Value) => v.graph.constant(new Float32Array(v.shape.reduce((a, b) => a * b, 1)).fill(1), 'float32', v.shape)
