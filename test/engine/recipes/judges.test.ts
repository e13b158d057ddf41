/** What is shown of a split while a training is judged on it. */
import { expect, test } from 'vitest'
import { answersOf } from '../../../src-main/engine/recipes/judges.ts'

test('an answer is the likeliest class and how likely it is; weights that exploded give none', () => {
  const logits = Float32Array.from([0, Math.log(3), NaN, 0, Infinity, 0])
  expect(answersOf(logits, Int32Array.of(1, 0, 0), 2)).toEqual([{ at: 0, truth: 1, class: 1, p: expect.closeTo(0.75, 6) as number }])
})
