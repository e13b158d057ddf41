import { expect, test } from 'vitest'
import { discard } from '../../../src-main/engine/runtime/discard.ts'

test('large arrays are empty afterwards, and their memory is given back at once; small ones are left', () => {
  const held = () => process.memoryUsage().arrayBuffers
  const before = held()
  const [large, other, small] = [new Float32Array(2 ** 22).fill(1), new Float32Array(2 ** 22).fill(1), new Float32Array(16).fill(1)]
  expect(held() - before).toBeGreaterThan(2 ** 25 - 1)
  discard([large, small, other])
  expect([large.length, other.length, small.length]).toEqual([0, 0, 16])
  expect(held() - before).toBeLessThan(2 ** 20)
  discard([])
})
