import { afterEach, describe, expect, it, vi } from 'vitest'
import { ANY } from '../../../src-main/engine/graph/any-batch.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { add, cast, matmul, mul, reduceSum, reshape } from '../../../src-main/engine/ops/index.ts'
import { keepsArena, storedBytes, workingBytes } from '../../../src-main/engine/runtime/memory.ts'

const MB = 2 ** 20
/** x·w, made four times as large one after the other: [rows, 1024] of float32 take `rows` × 4 KB. */
function chain(rows: number): Graph {
  const graph = new Graph()
  let y = matmul(graph.input('x', 'float32', [rows, 1024]), graph.input('w:layer', 'float32', [1024, 1024]))
  for (let i = 0; i < 4; i++) y = mul(y, 2 + i)
  graph.output('y', y)
  return graph
}

describe('what a run holds', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('is each value to its last use', () => {
    expect(workingBytes(chain(1024))).toBe((4 + 4) * MB) // one value, and the one made of it
  })

  it('counts a value once, however often it is reshaped', () => {
    const graph = new Graph()
    const first = mul(graph.input('x', 'float32', [1024, 1024]), 2)
    const again = reshape(mul(reshape(first, [1024 * 1024]), 3), [512, 2048])
    graph.output('y', reduceSum(add(again, reshape(first, [512, 2048]))))
    expect(workingBytes(graph)).toBe(3 * 4 * MB) // first, three times it, their sum
  })

  it('counts a value that is needed again for as long', () => {
    const graph = new Graph()
    const first = mul(graph.input('x', 'float32', [1024, 1024]), 2)
    graph.output('y', add(mul(mul(first, 3), 5), first))
    expect(workingBytes(graph)).toBe(3 * 4 * MB)
  })

  it('is in the order of onnxruntime, which takes the later of two operands first', () => {
    const graph = new Graph()
    const values = [mul(graph.input('x', 'float32', [1024, 1024]), 2)]
    for (let i = 0; i < 3; i++) values.push(mul(values.at(-1)!, 3))
    graph.output(
      'y',
      values
        .reverse()
        .map((v) => reduceSum(v))
        .reduce((a, b) => add(a, b)),
    )
    expect(workingBytes(graph) / MB).toBeCloseTo(2 * 4, 3) // each is summed before the next but one is made
  })

  it('decides about the arena, unless that is forbidden', () => {
    expect(keepsArena(chain(1024))).toBe(true)
    expect(keepsArena(chain(128 * 1024))).toBe(false)
    vi.stubEnv('DASHI_ARENA', 'off')
    expect(keepsArena(chain(1024))).toBe(false)
  })
})

describe('the parts of it', () => {
  it('are those of the batch that a graph of any size will get', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [ANY, 10])
    graph.output('y', mul(mul(mul(x, 2), 3), 5))
    expect([workingBytes(graph), workingBytes(graph, 1), workingBytes(graph, 7)]).toEqual([80, 80, 560])
    expect([keepsArena(graph, 512 * MB), keepsArena(graph)]).toEqual([false, true])
  })
  it('are in bytes of their types, without inputs and what nothing needs; outputs are copied at the end', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [100])
    graph.input('unused', 'float32', [1000])
    const whole = cast(x, 'int64')
    mul(x, 7)
    graph.output('y', cast(mul(cast(whole, 'int32'), cast(whole, 'int32')), 'float32'))
    expect(workingBytes(graph)).toBe(800 + 400)
    const out = new Graph()
    const first = mul(out.input('x', 'float32', [100]), 2)
    out.output('first', first)
    out.output('second', mul(first, 3))
    expect(workingBytes(out)).toBe(2 * (400 + 400))
    expect(workingBytes(out, 1, { kept: true })).toBe(0) // the device's
  })
  it('may come to 128 MB in the arena, and not to a row more', () => {
    expect(workingBytes(chain(16_384))).toBe(128 * MB)
    expect([keepsArena(chain(16_384)), keepsArena(chain(16_385))]).toEqual([true, false])
  })
  it('that are stored count once, in the bytes of their types', () => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', [4])
    const constant = graph.constant(new Float32Array(4), 'float32', [4])
    const half = graph.external('w', 'float16', [4], { file: 'f', offset: 0, length: 8 })
    graph.external('unused', 'float32', [1000], { file: 'f', offset: 0, length: 4000 })
    const kept = graph.stored('k', new Uint16Array(4), 'bfloat16', [4])
    graph.output('y', add(add(mul(x, constant), cast(half, 'float32')), add(cast(kept, 'float32'), constant)))
    expect(storedBytes(graph)).toBe(16 + 8 + 8)
  })
})
