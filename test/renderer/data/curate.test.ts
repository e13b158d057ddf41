import { describe, expect, it } from 'vitest'
import type { DuplicateGroup } from '#shared/model/curation.ts'
import { allGroups, dropped, isKept, turned, type Choices } from '../../../src-renderer/views/data/curate/duplicate-choices.ts'
import { legendOf } from '../../../src-renderer/views/data/map/legend.ts'

const group = (id: number, ids: number[], kept = 1): DuplicateGroup => ({
  id,
  by: ['exact'],
  images: ids.map((mediaId, i) => ({ mediaId, path: `${mediaId}.png`, keep: i < kept })),
})

describe('the images kept in a group', () => {
  it('are the proposed ones until someone chooses otherwise', () => {
    const choices: Choices = new Map()
    const groups = [group(1, [1, 2, 3]), group(7, [7, 8])]
    expect(dropped(groups, choices)).toEqual([2, 3, 8])
    choices.set(1, turned(groups[0]!, 3, choices))
    expect(dropped(groups, choices)).toEqual([2, 8])
    choices.set(1, turned(groups[0]!, 1, choices))
    expect(dropped(groups, choices)).toEqual([1, 2, 8])
    expect(isKept(groups[0]!, 3, choices)).toBe(true)
  })
  it('are never none: unmarking the last one keeps them all', () => {
    const g = group(7, [7, 8])
    expect(dropped([g], new Map([[7, turned(g, 7, new Map())]]))).toEqual([])
  })
  it('are loaded page by page', async () => {
    const all = [group(1, [1, 2]), group(3, [3, 4]), group(5, [5, 6])]
    expect(await allGroups(async (offset) => ({ total: 3, groups: all.slice(offset, offset + 2) }))).toEqual(all)
  })
})

it('lists the values that occur in the legend, most frequent first', () => {
  const facets = {
    total: 9,
    labelled: 9,
    unlabelled: 0,
    proposed: 0,
    doubtful: 0,
    duplicates: 0,
    unreadable: 0,
    openComments: 0,
    incomplete: 0,
    folders: [],
    approximate: false,
    tags: [],
    review: [],
    labels: [
      { labelId: 1, count: 2 },
      { labelId: 2, count: 7 },
      { labelId: 3, count: 0 },
    ],
    splits: [
      { value: null, count: 1 },
      { value: 'train', count: 8 },
    ],
    authors: [{ kind: 'person' as const, name: 'ann', count: 9 }],
  }
  const labels = [
    { id: 1, name: 'robin', colour: '#aa0000' },
    { id: 2, name: 'wren', colour: '#00aa00' },
    { id: 3, name: 'owl', colour: '#0000aa' },
  ]
  expect(legendOf('label', facets, labels).map((l) => [l.name, l.colour, l.filter])).toEqual([
    ['wren', '#00aa00', { labelIds: [2] }],
    ['robin', '#aa0000', { labelIds: [1] }],
  ])
  expect(legendOf('split', facets, labels).map((l) => l.name)).toEqual(['train', null])
  expect(legendOf('author', facets, labels)[0]!.filter).toEqual({ author: { kind: 'person', name: 'ann' } })
  expect(legendOf('none', facets, labels)).toEqual([])
})
