/** The choice of data in the Train form: as few fields as say it. */
import { describe, expect, test } from 'vitest'
import { asTrained, roleOf, tidy, withRole } from '../../src-renderer/views/train/data-choice.ts'

const splits = ['train', 'val', 'test', 'ood']

test('that forgetting is not measured is said; that it is, is not', () => {
  expect(tidy({ forgetting: false })).toEqual({ forgetting: false })
  expect(tidy({ forgetting: undefined })).toBeNull()
  expect(withRole({ forgetting: false }, splits, 'ood', 'train')).toEqual({ forgetting: false, train: ['train', 'ood'] })
})

describe('roles of splits', () => {
  test('what is learned from and chosen on comes first', () => {
    expect(asTrained(['ood', 'val', 'mine', 'train'])).toEqual(['train', 'val', 'ood', 'mine'])
  })
  test('are those of their names unless chosen otherwise', () => {
    expect(splits.map((s) => roleOf({}, s))).toEqual(['train', 'val', 'test', 'test'])
    expect(splits.map((s) => roleOf({ train: ['ood'], val: [] }, s))).toEqual(['none', 'none', 'test', 'train'])
    expect(splits.map((s) => roleOf({ test: ['ood'] }, s))).toEqual(['train', 'val', 'none', 'test'])
  })
  test('one changed is said alone, and back again leaves nothing', () => {
    const more = withRole({}, splits, 'ood', 'train')
    expect(more).toEqual({ train: ['train', 'ood'] })
    expect(withRole(more, splits, 'ood', 'test')).toEqual({})
    const less = withRole({}, splits, 'ood', 'none')
    expect(less).toEqual({ test: ['test'] })
    expect(withRole(less, splits, 'ood', 'test')).toEqual({})
    expect(withRole({}, splits, 'val', 'test')).toEqual({ val: [], test: ['val', 'test', 'ood'] })
  })
  test('what was chosen is what is read back', () => {
    const roles = ['train', 'val', 'test', 'none'] as const
    for (const split of splits)
      for (const role of roles) {
        const choice = withRole({ train: ['train', 'ood'] }, splits, split, role)
        for (const s of splits)
          expect(roleOf(choice, s), `${split} as ${role}: ${s}`).toBe(s === split ? role : s === 'ood' ? 'train' : roleOf({}, s))
      }
  })
})

test('what is left as it is, is not said', () => {
  expect(tidy({ filter: {}, holdOut: 'none', tagPrefix: 'patient:', snapshot: undefined })).toBeNull()
  expect(tidy({ filter: { tag: 'night' }, holdOut: 'tag', tagPrefix: 'patient:' })).toEqual({
    ...{ filter: { tag: 'night' }, holdOut: 'tag', tagPrefix: 'patient:' },
  })
})
