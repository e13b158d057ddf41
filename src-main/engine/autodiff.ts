import { type Node, reachableNodes, sizeOf, type Value } from './graph/graph.ts'
import { add, mul } from './ops/arithmetic.ts'
import { unbroadcast } from './ops/reduce.ts'
import { reshape, slice } from './ops/shape.ts'

/**
 * d loss / d wrt, appended to the graph as ordinary nodes (reverse mode). `loss` is a scalar (shape [] or [1]). Only
 * nodes on a path from `wrt` to the loss are visited, each once; gradients of a value used several times add up. With `checkpointing`,
 * values within blocks (Graph.block) are not kept for it but computed anew: {@link Blocks}.
 * @throws naming the op if it has no gradient rule, or the parameter if it does not reach the loss
 */
export function gradients(loss: Value, wrt: readonly Value[], { checkpointing = false } = {}): Value[] {
  if (loss.shape.some((d) => d !== 1)) throw new Error(`the loss is not a scalar: [${loss.shape}]`)
  const nodes = reachableNodes([loss])
  const active = new Set<Value>(wrt)
  const activeNodes: Node[] = []
  for (const node of nodes)
    if (node.inputs.some((v) => active.has(v))) {
      activeNodes.push(node)
      for (const v of node.outputs) active.add(v)
    }

  const blocks = checkpointing ? new Blocks(nodes) : undefined
  const grads = new Map<Value, Value>([[loss, ones(loss)]])
  for (const node of activeNodes.reverse()) {
    const upstream = node.outputs.map((v) => grads.get(v) ?? null)
    const first = upstream.find((g) => g !== null)
    if (!first) continue
    if (!node.op.vjp) throw new Error(`${node.op.name} has no gradient rule`)
    const rule = node.op.vjp
    loss.graph.scoped(node.scope ? `${node.scope}/grad` : 'grad', () => {
      const downstream = rule(blocks?.anew(node, first) ?? node, upstream)
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

/**
 * Gradient checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv:1604.06174): of a block only what enters
 * is kept, and its nodes are appended once more when the walk reaches it. They read what entered plus nought times the gradient that
 * arrives: the same numbers (-0 becomes 0), which are not there before that gradient. So they are computed no earlier, and neither our
 * graph nor onnxruntime takes them for the nodes of the first time.
 */
class Blocks {
  private readonly nodes = new Map<number, Node[]>()
  /** Nodes that have been appended once more, by the first of their outputs. */
  private readonly again = new Map<Value, Node>()

  constructor(nodes: readonly Node[]) {
    for (const node of nodes) {
      if (node.block === undefined) continue
      const others = this.nodes.get(node.block)
      if (others) others.push(node)
      else this.nodes.set(node.block, [node])
    }
  }

  /** A node with the values of its block computed anew. @param arrived the first gradient that reaches the block */
  anew(node: Node, arrived: Value): Node {
    if (node.block === undefined) return node
    const nodes = this.nodes.get(node.block)
    this.nodes.delete(node.block)
    if (nodes) this.append(nodes, arrived)
    return this.again.get(node.outputs[0]!)!
  }

  private append(nodes: readonly Node[], arrived: Value): void {
    const nought = mul(slice(reshape(arrived, [sizeOf(arrived.shape)]), { axis: 0, start: 0, end: 1 }), 0)
    const late = new Map<Value, Value>()
    const lateOf = (v: Value): Value => {
      let found = late.get(v)
      if (!found) late.set(v, (found = add(v, nought)))
      return found
    }
    const waits = (v: Value, kind: Value['source']['kind']) => v.source.kind === kind && v.dtype === 'float32' && v.shape.length > 0
    const own = new Map<Value, Value>()
    for (const node of nodes) {
      let inputs = node.inputs.map((v) => own.get(v) ?? (waits(v, 'node') ? lateOf(v) : v))
      // Of weights alone, e.g. W + B·A: they must wait themselves.
      if (inputs.every((v, i) => v === node.inputs[i])) inputs = inputs.map((v) => (waits(v, 'input') ? lateOf(v) : v))
      const outputs = arrived.graph.scoped(`${node.scope}/again`, () => arrived.graph.apply(node.op, inputs, node.attrs))
      node.outputs.forEach((v, i) => own.set(v, outputs[i]!))
      const { source } = outputs[0]!
      this.again.set(node.outputs[0]!, source.kind === 'node' ? source.node : node)
    }
  }
}

const ones = (v: Value) => v.graph.constant(new Float32Array(v.shape.reduce((a, b) => a * b, 1)).fill(1), 'float32', v.shape)
