/** Which split gets a unit where several could. */
import { expect, test } from 'vitest'
import { stratify, type Unit } from '../../../src-main/engine/curation/stratify.ts'

const unit = (size: number, ...labels: number[]): Unit => ({ size, labels: new Map(labels.map((l) => [l, size])) })

test('the split that lacks most of a label gets it, however full the splits are otherwise', () => {
  // Split 0 has most room, but already its share of label 1.
  const units = [unit(1, 1), unit(1, 1), ...Array.from({ length: 8 }, () => unit(1, 2))]
  const assigned = stratify(units, [0.6, 0.4], { fixed: new Map([[0, 0]]) })
  expect(assigned[1]).toBe(1)
})

test('of splits that lack a label alike, the one that lacks most images gets it', () => {
  // Both have room, and want half an image of label 1 each; split 1 has two images already.
  const units = [unit(1, 1), unit(2, 2), ...Array.from({ length: 7 }, () => unit(1))]
  for (let seed = 0; seed < 10; seed++) expect(stratify(units, [0.5, 0.5], { seed, fixed: new Map([[1, 1]]) })[0]).toBe(0)
})

test('of splits that are alike in both, the seed decides', () => {
  const splits = Array.from({ length: 20 }, (_, seed) => stratify([unit(1, 1)], [0.5, 0.5], { seed })[0])
  expect(new Set(splits)).toEqual(new Set([0, 1]))
  for (let seed = 0; seed < 20; seed++) expect([...stratify([unit(1, 1), unit(1, 1)], [0.5, 0.5], { seed })].sort()).toEqual([0, 1])
})

test('the rarest label is dealt first, so that its share is kept', () => {
  // Of ten images with label 1, two have label 2 as well: one for each split.
  const units = Array.from({ length: 10 }, (_, i) => (i < 2 ? unit(1, 1, 2) : unit(1, 1)))
  for (let seed = 0; seed < 10; seed++) {
    const assigned = stratify(units, [0.5, 0.5], { seed })
    expect(new Set([assigned[0], assigned[1]])).toEqual(new Set([0, 1]))
  }
})

test('large units go before small ones, which fill what is left', () => {
  for (let seed = 0; seed < 10; seed++) {
    const units = [unit(1, 1), unit(1, 1), unit(1, 1), unit(3, 1)]
    const assigned = stratify(units, [0.5, 0.5], { seed })
    expect(new Set([assigned[0], assigned[1], assigned[2]]).size).toBe(1)
    expect(assigned[3]).not.toBe(assigned[0])
  }
})

test('units without labels are dealt by size alone', () => {
  const units = [unit(2), unit(1), unit(1)]
  for (let seed = 0; seed < 10; seed++) {
    const assigned = stratify(units, [0.5, 0.5], { seed })
    expect(assigned[1]).toBe(assigned[2])
    expect(assigned[0]).not.toBe(assigned[1])
  }
})
