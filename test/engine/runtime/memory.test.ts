import { afterEach, describe, expect, it, vi } from 'vitest'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { add, matmul, mul } from '../../../src-main/engine/ops/index.ts'
import { keepsArena, workingBytes } from '../../../src-main/engine/runtime/memory.ts'

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

  it('is each value to its last use, and the weights that are trained', () => {
    expect(workingBytes(chain(1024))).toBe((4 + 4 + 4) * MB) // one value, the one made of it, the weight
  })

  it('counts a value that is needed again for as long', () => {
    const graph = new Graph()
    const first = mul(graph.input('x', 'float32', [1024, 1024]), 2)
    graph.output('y', add(mul(mul(first, 3), 5), first))
    expect(workingBytes(graph)).toBe(3 * 4 * MB)
  })

  it('decides about the arena, unless that is forbidden', () => {
    expect(keepsArena(chain(1024))).toBe(true)
    expect(keepsArena(chain(128 * 1024))).toBe(false)
    vi.stubEnv('DASHI_ARENA', 'off')
    expect(keepsArena(chain(1024))).toBe(false)
  })
})
