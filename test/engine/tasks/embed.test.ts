import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { batchOf, textFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { goldenPath, largestDifference } from '../../helpers/golden.ts'

test('batches are of about equal size, at most as large as asked for and as memory allows', () => {
  expect([1, 20, 32, 33, 64, 65].map((n) => batchOf(32, n, 1))).toEqual([1, 20, 32, 17, 32, 22])
  expect(batchOf(32, 100, 2 ** 27)).toBe(2)
  expect(batchOf(32, 100, 2 ** 30)).toBe(1)
  expect(batchOf(32, 0, 1)).toBe(1)
})

test.each(['fp16', 'bf16'])('of a %s checkpoint, many texts in 16-bit weights have the features of each alone in float32', async (kind) => {
  const model = await openModel(goldenPath(`clip/${kind}`))
  try {
    const texts = Array.from({ length: 9 }, (_, i) => 'a photo of ' + 'a cat and '.repeat(i))
    const together = await textFeatures(model, texts)
    for (const [i, text] of texts.entries()) {
      const alone = await textFeatures(model, [text])
      expect(largestDifference(together.subarray(i * model.dim, (i + 1) * model.dim), alone)).toBeLessThan(1e-6)
    }
  } finally {
    model.close()
  }
})
