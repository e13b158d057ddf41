import { PbfWriter } from 'pbf'
import path from 'node:path'
import { BatchShapes, dimName, isAnyBatch, refuseFixed } from './any-batch.ts'
import { DataTypes } from './dtypes.ts'
import { type Attribute, type Emission, type Graph, type Literal, type Node, reachableNodes, type Value } from './graph.ts'

const OPSET = 20
const IR_VERSION = 9
// AttributeProto.AttributeType
const [FLOAT, INT, STRING, INTS] = [1, 2, 3, 7]

/**
 * Encodes the graph as ONNX bytes (onnx.proto; the calls give the field numbers), keeping only the nodes that its
 * outputs need. External tensors refer to their file by base name; the session supplies the folder.
 */
export function encodeModel(graph: Graph): Uint8Array {
  const roots = graph.outputs.map((o) => o.value)
  const nodes = storedFirst(reachableNodes(roots))
  const emissions = nodes.map((node) => node.op.emit(node))
  const used = new Set<Value>(roots)
  for (const e of emissions) for (const input of e.inputs) if ('graph' in input) used.add(input)

  const literals = new Map<string, { name: string; literal: Literal }>()
  const literalName = (literal: Literal): string => {
    const key = `${literal.dtype} ${literal.shape} ${literal.data.join()}`
    let found = literals.get(key)
    if (!found) literals.set(key, (found = { name: `literal_${literals.size}`, literal }))
    return found.name
  }
  const shapes = isAnyBatch(graph) ? new BatchShapes(graph.inputs.filter((v) => used.has(v))) : undefined
  if (shapes) refuseFixed(emissions, used)
  const operand = (e: Emission) => (x: Value | Literal) => {
    if ('graph' in x) return x.name
    const given = shapes?.operand(e, x) ?? x
    return typeof given === 'string' ? given : literalName(given)
  }
  const operands = emissions.map((e) => e.inputs.map(operand(e)))

  const pbf = new PbfWriter()
  pbf.writeVarintField(1, IR_VERSION)
  pbf.writeStringField(2, 'dashi')
  pbf.writeMessage(
    7,
    (_, p) => {
      for (const { e, inputs, output } of shapes?.nodes ?? [])
        p.writeMessage(1, writeNode, {
          e,
          name: output,
          inputs: inputs.map((x) => (typeof x === 'string' ? x : literalName(x))),
          outputs: [output],
        })
      emissions.forEach((e, i) => {
        const outputs = nodes[i]!.outputs.map((v) => v.name)
        const { scope } = nodes[i]!
        p.writeMessage(1, writeNode, { e, name: `${scope ? `${scope}/` : ''}${e.type}_${i}`, inputs: operands[i]!, outputs })
      })
      // A graph output must be a node's output, and one value may be listed under several names: hence an Identity
      // node.
      graph.outputs.forEach(({ name, value }, i) =>
        p.writeMessage(1, writeNode, { e: { type: 'Identity', inputs: [] }, name: `out${i}`, inputs: [value.name], outputs: [name] }),
      )
      p.writeStringField(2, 'step')
      for (const { name, literal } of literals.values()) p.writeMessage(5, writeTensor, { ...literal, name })
      for (const v of used) {
        if (v.source.kind === 'constant' && !v.source.asStored) p.writeMessage(5, writeTensor, { ...v, data: v.source.data })
        if (v.source.kind === 'external') p.writeMessage(5, writeExternal, v)
      }
      for (const v of graph.inputs) if (used.has(v)) p.writeMessage(11, writeValueInfo, v)
      // onnxruntime treats an initialiser that is also listed as an input as overridable, so it neither folds its
      // cast nor prepacks it. Stored weights in memory are fed at run time (storedWeights) to avoid a second copy.
      for (const v of used) if ('asStored' in v.source && v.source.asStored) p.writeMessage(11, writeValueInfo, v)
      for (const { name, value } of graph.outputs) p.writeMessage(12, writeValueInfo, { ...value, name })
    },
    null,
  )
  for (const [domain, version] of [
    ['', OPSET],
    ['com.microsoft', 1],
  ] as const) {
    pbf.writeMessage(
      8,
      (_, p) => {
        p.writeStringField(1, domain)
        p.writeVarintField(2, version)
      },
      null,
    )
  }
  return pbf.finish()
}

/**
 * Puts nodes that depend on stored weights alone first. onnxruntime evaluates the operand whose node comes later
 * first, so this order casts each weight right before its use; in the opposite order all of them would be in float32
 * at once.
 */
function storedFirst(nodes: Node[]): Node[] {
  const isStored = (v: Value) => 'asStored' in v.source && v.source.asStored === true
  const first = nodes.filter((node) => node.inputs.length > 0 && node.inputs.every(isStored))
  return first.length ? [...first, ...nodes.filter((node) => !first.includes(node))] : nodes
}

/** The in-memory stored weights that the graph uses; they are inputs of the ONNX model. */
export const storedWeights = (graph: Graph): Value[] =>
  [...new Set(reachableNodes(graph.outputs.map((o) => o.value)).flatMap((node) => node.inputs))].filter(
    (v) => v.source.kind === 'constant' && v.source.asStored,
  )

interface OnnxNode {
  e: Emission
  name: string
  inputs: string[]
  outputs: string[]
}

function writeNode({ e, name, inputs, outputs }: OnnxNode, p: PbfWriter): void {
  for (const input of inputs) p.writeStringField(1, input)
  for (const output of outputs) p.writeStringField(2, output)
  p.writeStringField(3, name)
  p.writeStringField(4, e.type)
  for (const [key, attribute] of Object.entries(e.attributes ?? {})) p.writeMessage(5, writeAttribute, { key, attribute })
  if (e.domain) p.writeStringField(7, e.domain)
}

function writeAttribute({ key, attribute }: { key: string; attribute: Attribute }, p: PbfWriter): void {
  p.writeStringField(1, key)
  if (typeof attribute === 'number') {
    p.writeVarintField(3, attribute)
    p.writeVarintField(20, INT)
  } else if (typeof attribute === 'string') {
    p.writeStringField(4, attribute)
    p.writeVarintField(20, STRING)
  } else if ('float' in attribute) {
    p.writeFloatField(2, attribute.float)
    p.writeVarintField(20, FLOAT)
  } else {
    for (const i of attribute) p.writeVarintField(8, i)
    p.writeVarintField(20, INTS)
  }
}

function writeTensor(t: Literal & { name: string }, p: PbfWriter): void {
  for (const d of t.shape) p.writeVarintField(1, d)
  p.writeVarintField(2, DataTypes[t.dtype].onnx)
  p.writeStringField(8, t.name)
  p.writeBytesField(9, new Uint8Array(t.data.buffer, t.data.byteOffset, t.data.byteLength))
}

function writeExternal(v: Value, p: PbfWriter): void {
  if (v.source.kind !== 'external') return
  const { file, offset, length } = v.source.external
  for (const d of v.shape) p.writeVarintField(1, d)
  p.writeVarintField(2, DataTypes[v.dtype].onnx)
  p.writeStringField(8, v.name)
  for (const [key, value] of Object.entries({ location: path.basename(file), offset, length })) {
    p.writeMessage(
      13,
      (_, q) => {
        q.writeStringField(1, key)
        q.writeStringField(2, String(value))
      },
      null,
    )
  }
  p.writeVarintField(14, 1) // DataLocation.EXTERNAL
}

function writeDimension(d: number, dim: PbfWriter): void {
  const name = dimName(d)
  if (name === undefined) dim.writeVarintField(1, d)
  else dim.writeStringField(2, name)
}

function writeValueInfo(v: { name: string; dtype: Value['dtype']; shape: Value['shape'] }, p: PbfWriter): void {
  p.writeStringField(1, v.name)
  p.writeMessage(
    2,
    (_, type) => {
      type.writeMessage(
        1,
        (__, tensor) => {
          tensor.writeVarintField(1, DataTypes[v.dtype].onnx)
          tensor.writeMessage(
            2,
            (___, shape) => {
              for (const d of v.shape) shape.writeMessage(1, writeDimension, d)
            },
            null,
          )
        },
        null,
      )
    },
    null,
  )
}
