/** Which operands ops take: what they leave as it is, what shape they give, and what they refuse with the shapes in the message. */
import { describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { broadcast } from '../../../src-main/engine/ops/define.ts'
import * as ops from '../../../src-main/engine/ops/index.ts'

const graph = new Graph()
let n = 0
const of = (...shape: number[]) => graph.input(`x${n++}`, 'float32', shape)
const places = (...shape: number[]) => graph.input(`i${n++}`, 'int32', shape)

describe('what changes nothing is the operand itself', () => {
  const x = of(2, 1, 3)
  test.each([
    ['reshape', () => ops.reshape(x, [2, 1, 3])],
    ['reshape with what is left over', () => ops.reshape(x, [2, -1, 3])],
    ['transpose', () => ops.transpose(x, [0, 1, 2])],
    ['expand', () => ops.expand(x, [2, 1, 3])],
    ['concat', () => ops.concat([x], { axis: 1 })],
    ['slice', () => ops.slice(x, { axis: -1, start: 0, end: 3 })],
    ['a sum over no axes', () => ops.reduceSum(x, { axes: [] })],
    ['unbroadcast', () => ops.unbroadcast(x, of(2, 1, 3))],
  ])('%s', (_, apply) => expect(apply()).toBe(x))
  test('a part or a step of it is different', () => {
    for (const part of [{ start: 1 }, { start: 0, end: 2 }, { start: 0, step: 2 }]) expect(ops.slice(x, { axis: 2, ...part })).not.toBe(x)
  })
})

describe('shapes', () => {
  const x = of(2, 1, 3)
  test.each([
    ['the rest', () => ops.reshape(x, [-1, 2]), [3, 2]],
    ['turned', () => ops.transpose(x, [2, 0, 1]), [3, 2, 1]],
    ['the last two swapped', () => ops.swapLast(x), [2, 3, 1]],
    ['squeezed', () => ops.squeeze(x, [-2]), [2, 3]],
    ['unsqueezed at both ends', () => ops.unsqueeze(x, [0, -1]), [1, 2, 1, 3, 1]],
    ['side by side', () => ops.concat([x, of(2, 4, 3)], { axis: -2 }), [2, 5, 3]],
    ['every second', () => ops.slice(of(7), { axis: 0, start: 1, end: 6, step: 2 }), [3]],
    ['every second, to the end', () => ops.slice(of(7), { axis: 0, start: 0, step: 2 }), [4]],
    ['summed', () => ops.reduceSum(x), []],
    ['summed along two', () => ops.reduceSum(x, { axes: [-1, 0] }), [1]],
    ['summed and kept', () => ops.reduceMax(x, { axes: [2], keepdims: true }), [2, 1, 1]],
    ['the place of the largest', () => ops.argmax(x, { axis: -1 }), [2, 1]],
    ['the place of the largest, kept', () => ops.argmax(x, { axis: 0, keepdims: true }), [1, 1, 3]],
    ['unbroadcast', () => ops.unbroadcast(of(4, 2, 5, 3), x), [2, 1, 3]],
    ['added', () => ops.add(x, of(5, 1)), [2, 5, 3]],
  ])('%s', (_, apply, shape) => expect(apply().shape).toEqual(shape))
  test('broadcast as NumPy has it', () => {
    expect([broadcast([2, 1], [3], 'x'), broadcast([], [2], 'x'), broadcast([1, 1], [0], 'x')]).toEqual([[2, 3], [2], [1, 0]])
    expect(() => broadcast([2, 3], [2], 'Add')).toThrow('Add: shapes [2,3] and [2] do not broadcast')
  })
})

describe('refused', () => {
  const x = of(2, 1, 3)
  test.each([
    ['another number of elements', () => ops.reshape(x, [5]), 'Reshape: [2,1,3] does not hold [5]'],
    ['an axis twice', () => ops.transpose(x, [1, 1, 2]), 'no permutation of rank 3'],
    ['an axis too few', () => ops.transpose(x, [1, 0]), 'no permutation of rank 3'],
    ['an axis that is not 1', () => ops.squeeze(x, [2]), 'Squeeze: axis 2 of [2,1,3] is not 1'],
    ['an axis beyond the last', () => ops.reduceSum(x, { axes: [3] }), 'axis 3 is outside rank 3'],
    ['an axis before the first', () => ops.argmax(x, { axis: -4 }), 'axis -4 is outside rank 3'],
    ['neighbours of another shape', () => ops.concat([x, of(2, 1, 4)], { axis: 1 }), 'Concat: [2,1,4] does not fit [2,1,3]'],
    ['neighbours of another rank', () => ops.concat([x, of(2, 1)], { axis: 0 }), 'Concat: [2,1] does not fit'],
    ['a slice beyond the end', () => ops.slice(x, { axis: 2, start: 1, end: 4 }), 'Slice: 1..4'],
    ['a slice before the beginning', () => ops.slice(x, { axis: 2, start: -1 }), 'Slice: -1..3'],
    ['an empty slice', () => ops.slice(x, { axis: 2, start: 2, end: 2 }), 'Slice: 2..2'],
    ['a step of none', () => ops.slice(x, { axis: 2, start: 0, step: 0 }), 'by 0'],
    ['rows and columns that do not meet', () => ops.matmul(of(2, 3), of(2, 3)), '[2,3]'],
    ['places for another rank', () => ops.gatherElements(x, places(2, 1), { axis: 2 }), 'GatherElements: indices [2,1] do not fit [2,1,3]'],
    ['places beside a row', () => ops.gatherElements(x, places(2, 2, 3), { axis: 2 }), 'do not fit [2,1,3] along axis 2'],
    ['none of the largest', () => ops.topK(x, { k: 0, axis: 2 }), 'TopK: 0 of axis 2'],
    ['more of the largest than there are', () => ops.topK(x, { k: 4, axis: 2 }), 'TopK: 4 of axis 2'],
    ['a kernel for other channels', () => ops.conv(of(1, 3, 4, 4), of(2, 2, 3, 3)), 'Conv: [1,3,4,4] * [2,2,3,3] in 1 groups'],
    ['a kernel for other groups', () => ops.conv(of(1, 4, 4, 4), of(3, 2, 3, 3), undefined, { groups: 2 }), 'in 2 groups'],
    ['a bias for other channels', () => ops.conv(of(1, 3, 4, 4), of(2, 3, 3, 3), of(3)), 'Conv'],
    ['a vector times a matrix', () => ops.matmul(of(3), of(3, 2)), 'MatMul: [3] × [3,2]'],
    ['a matrix times a vector', () => ops.matmul(of(2, 3), of(3)), 'MatMul: [2,3] × [3]'],
    ['batches that do not broadcast', () => ops.matmul(of(2, 4, 3), of(3, 3, 4)), 'MatMul: shapes [2] and [3] do not broadcast'],
    ['a stack of matrices in a plain product', () => ops.gemm(of(2, 2, 3), of(3, 2)), 'Gemm: [2,2,3] × [3,2]'],
    ['a plain product with a stack', () => ops.gemm(of(2, 3), of(3, 3, 2)), 'Gemm: [2,3] × [3,3,2]'],
    [
      'rows and columns that do not meet, turned',
      () => ops.gemm(of(2, 3), of(2, 3), undefined, { transA: true, transB: true }),
      '[2,3]ᵀ × [2,3]ᵀ',
    ],
    ['neither of several equals', () => ops.equal(of(2), of(3)), 'Equal: shapes [2] and [3]'],
    ['neither of several is greater', () => ops.greater(of(2), of(3)), 'Greater: shapes [2] and [3]'],
    ['choices of other shapes', () => ops.where(ops.greater(of(2), 0), of(3), of(3)), 'Where: shapes [2] and [3]'],
    ['less than a patch across', () => ops.patchify(of(1, 3, 8, 3), [4, 4]), 'patchify: [1,3,8,3] is smaller'],
    ['less than a patch down', () => ops.patchify(of(1, 3, 3, 8), [4, 4]), 'patchify: [1,3,3,8] is smaller'],
    ['patches of other channels', () => ops.patchEmbed(of(1, 3, 8, 8), of(5, 4, 4, 4)), 'patchEmbed'],
    ['padding for another rank', () => ops.pad(x, { pads: [1, 1] }), 'Pad: [1,1] does not fit rank 3'],
    ['less than no padding', () => ops.pad(x, { pads: [0, 0, 0, 0, 0, -1] }), 'does not fit rank 3'],
    ['parts that do not add up', () => ops.split(x, { axis: 2, sizes: [1, 1] }), 'Split: 1,1 do not add up to axis 2'],
    ['points of another batch', () => ops.gridSample(of(1, 3, 4, 4), of(2, 5, 5, 2)), 'gridSample'],
    ['points in three dimensions', () => ops.gridSample(of(1, 3, 4, 4), of(1, 5, 5, 3)), 'gridSample'],
    ['a transposed kernel for other channels', () => ops.convTranspose(of(1, 3, 4, 4), of(2, 3, 3, 3)), 'ConvTranspose'],
    ['a transposed kernel of another rank', () => ops.convTranspose(of(1, 3, 4, 4), of(3, 3, 3)), 'ConvTranspose'],
    ['a transposed bias for other channels', () => ops.convTranspose(of(1, 3, 4, 4), of(3, 2, 3, 3), of(3)), 'ConvTranspose'],
    ['a kernel of another rank', () => ops.conv(of(1, 3, 4, 4), of(2, 3, 3)), 'does not fit [1,3,4,4]'],
    ['a kernel that is larger', () => ops.conv(of(1, 3, 4, 4), of(2, 3, 5, 3)), 'a window of [5,3] does not fit [1,3,4,4]'],
  ])('%s', (_, apply, message) => expect(apply).toThrow(message))
})

describe('windows', () => {
  const image = () => of(1, 3, 7, 9)
  const kernel = () => of(2, 3, 3, 3)
  test.each([
    [{}, [5, 7]],
    [{ stride: 2 }, [3, 4]],
    [{ padding: 1 }, [7, 9]],
    [{ padding: [1, 0] }, [7, 7]],
    [{ padding: [0, 0, 2, 1] }, [7, 8]],
    [{ dilation: 2 }, [3, 5]],
    [{ stride: [3, 1], dilation: [3, 1] }, [1, 7]],
  ])('%j', (window, places) => expect(ops.conv(image(), kernel(), undefined, window).shape).toEqual([1, 2, ...places]))
})

test('the same sum, however its axes are told, is one value', () => {
  const x = of(2, 3, 4)
  const sums = [
    [0, 1],
    [1, 0],
    [-2, -3],
  ].map((axes) => ops.reduceSum(x, { axes }))
  expect(new Set(sums).size).toBe(1)
  expect(ops.softmax(x)).toBe(ops.softmax(x, { axis: 2 }))
  expect(ops.topK(x, { k: 1 }).values).toBe(ops.topK(x, { k: 1, axis: 2, largest: true }).values)
})

test('a gradient passes through every change between types of fractions, and through none to whole numbers', () => {
  for (const type of ['float16', 'bfloat16'] as const) {
    const x = of(3)
    expect(gradients(ops.reduceSum(ops.cast(ops.cast(x, type), 'float32')), [x])[0]).toMatchObject({ dtype: 'float32', shape: [3] })
  }
  const x = of(3)
  expect(() => gradients(ops.reduceSum(ops.cast(ops.cast(x, 'int64'), 'float32')), [x])).toThrow('does not reach the loss')
})

test('what has no rule for a gradient has none for any operand', () => {
  const [x, y] = [of(3), of(3)]
  for (const apply of [ops.floor, (v: typeof x) => ops.cast(ops.argmax(v, { axis: 0, keepdims: true }), 'float32')])
    expect(() => gradients(ops.reduceSum(apply(x)), [x])).toThrow('does not reach the loss')
  const chosen = ops.where(ops.greater(x, y), x, 0)
  expect(() => gradients(ops.reduceSum(chosen), [y])).toThrow('does not reach the loss')
  expect(gradients(ops.reduceSum(chosen), [x])[0]!.shape).toEqual([3])
})

test('a constant to the gradient has none, and what only reads places neither', () => {
  const x = of(3)
  expect(() => gradients(ops.reduceSum(ops.stopGradient(x)), [x])).toThrow('does not reach the loss')
  expect(gradients(ops.reduceSum(ops.add(x, ops.stopGradient(x))), [x])[0]!.shape).toEqual([3])
})
