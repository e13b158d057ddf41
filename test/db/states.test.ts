/** Positions of the journal that are asked for. */
import { expect, test } from 'vitest'
import { addTag, undoChange } from '../../src-main/app/annotations/index.ts'
import { addRecords, imageContent } from '../../src-main/app/projects/index.ts'
import { mutate, position } from '../../src-main/db/journal.ts'
import { diffStates, restoreState } from '../../src-main/db/states.ts'
import { box, fiveImages, record, temporaryProject } from '../app/projects/fixture.ts'

test('a position is a whole number from 0 to the end of the journal', () => {
  const { db } = temporaryProject(fiveImages())
  const head = position(db)
  for (const wrong of [-1, head + 1, 0.5, NaN]) expect(() => diffStates(db, wrong, head)).toThrow('journal')
  expect(diffStates(db, head, head).media).toMatchObject({ added: 0, changed: 0, removed: 0 })
  expect(diffStates(db, 0, head).media.added).toBe(5)
  expect(diffStates(db, head, 0).media).toMatchObject({ added: 0, removed: 5 })
})

test('each state in between can be gone back to, and that undone', () => {
  const project = temporaryProject(fiveImages())
  const tags = () => [...imageContent(project, 2).tags].sort()
  const positions = ['a', 'b', 'c'].map((tag) => {
    addTag(project, [2], tag)
    return position(project.db)
  })
  for (const [i, p] of positions.entries()) {
    mutate(project.db, 'ann', 'go back', (edit) => restoreState(edit, p))
    expect(tags()).toEqual(['a', 'b', 'c'].slice(0, i + 1))
  }
  mutate(project.db, 'ann', 'go back', (edit) => restoreState(edit, positions[0]!))
  expect(tags()).toEqual(['a'])
  undoChange(project)
  expect(tags()).toEqual(['a', 'b', 'c'])
})

/** Three imports of an image with a region each, and the positions after them. */
function threeImports() {
  const of = (name: string) => record(name, { regions: [{ label: 'cat', shape: box() }] })
  const project = temporaryProject([of('1.jpg')])
  const positions = [position(project.db)]
  for (const name of ['2.jpg', '3.jpg']) {
    addRecords(project, [of(name)])
    positions.push(position(project.db))
  }
  return { db: project.db, positions }
}

test('what was imported later is in no difference between earlier states', () => {
  const { db, positions } = threeImports()
  const [one, two, three] = positions
  const added = (from: number, to: number) =>
    [diffStates(db, from, to).media, diffStates(db, from, to).regions].map((d) => d.ids.added.toSorted((a, b) => a - b))
  expect(added(0, one!)).toEqual([[1], [1]])
  expect(added(one!, two!)).toEqual([[2], [2]])
  expect(added(0, two!)).toEqual([
    [1, 2],
    [1, 2],
  ])
  expect(added(two!, three!)).toEqual([[3], [3]])
  expect(diffStates(db, three!, one!).media.ids).toMatchObject({
    added: [],
    changed: [],
    removed: expect.arrayContaining([2, 3]) as number[],
  })
})
