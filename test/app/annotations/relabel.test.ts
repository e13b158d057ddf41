/** Labels renamed, merged and divided over the whole project: the preview says what will be, and one undo takes it back. */
import { expect, test } from 'vitest'
import {
  addLabel,
  addTag,
  changeLabels,
  previewLabels,
  redoChange,
  undoChange,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { addRecords, checkProject, imageContent, listLabels, projectHash, type Project } from '../../../src-main/app/projects/index.ts'
import { box, temporaryProject } from '../projects/fixture.ts'

const ann = { kind: 'person' as const, name: 'ann' }
function cars(): { project: Project; ids: Record<string, number>; names: () => string[] } {
  const project = temporaryProject()
  addRecords(project, [
    {
      fileName: 'a.jpg',
      labels: [{ label: 'car', author: ann }],
      regions: [
        { label: 'car', shape: box(1), attributes: { colour: 'red' } },
        { label: 'auto', shape: box(2) },
      ],
    },
    {
      fileName: 'b.jpg',
      labels: [
        { label: 'auto', author: ann },
        { label: 'car', author: ann },
      ],
      regions: [
        { label: 'car', shape: box(3), attributes: { colour: 'blue' } },
        { label: 'car', shape: { kind: 'polyline', points: [0, 0, 5, 5] } },
      ],
    },
    { fileName: 'c.jpg', regions: [{ label: 'truck', shape: box(4) }] },
  ])
  return {
    project,
    ids: Object.fromEntries(listLabels(project).map((l) => [l.name, l.id])),
    names: () => listLabels(project).map((l) => l.name),
  }
}
/** Does it, and sees that the preview said so, that one undo takes all of it back, and that redo does it again. */
function done(project: Project, operation: Parameters<typeof changeLabels>[1]) {
  const before = projectHash(project)
  const preview = previewLabels(project, operation)
  expect(projectHash(project)).toBe(before)
  expect(changeLabels(project, operation)).toEqual(preview)
  const after = projectHash(project)
  expect(after).not.toBe(before)
  undoChange(project)
  expect(projectHash(project)).toBe(before)
  redoChange(project)
  expect(projectHash(project)).toBe(after)
  expect(checkProject(project, { files: false }).problems).toEqual([])
  return preview
}

test('a label is renamed; a taken name is refused', () => {
  const { project, ids, names } = cars()
  expect(done(project, { kind: 'rename', id: ids['car']!, name: 'motor car' })).toMatchObject({
    regions: 3,
    imageLabels: 2,
    images: 2,
    removed: [],
  })
  expect(names()).toContain('motor car')
  expect(() => changeLabels(project, { kind: 'rename', id: ids['auto']!, name: 'truck' })).toThrow(
    'a label named "truck" already exists; merge into it instead',
  )
  expect(() => changeLabels(project, { kind: 'rename', id: 99, name: 'x' })).toThrow('no label has the id 99')
  expect(() => changeLabels(project, { kind: 'rename', id: ids['auto']!, name: '' })).toThrow(/labels: name/)
})

test('several become one; an image that has both keeps one', () => {
  const { project, ids, names } = cars()
  const preview = done(project, { kind: 'merge', ids: [ids['auto']!, ids['truck']!], into: ids['car']! })
  expect(preview).toEqual({
    regions: 2,
    imageLabels: 1,
    images: 3,
    effects: [{ label: 'car', fresh: false, regions: 2, imageLabels: 1 }],
    removed: ['auto', 'truck'],
  })
  expect(names()).toEqual(['car'])
  expect([1, 2, 3].map((id) => imageContent(project, id).labels.map((l) => l.labelId))).toEqual([[ids['car']], [ids['car']], []])
  expect(() => changeLabels(project, { kind: 'merge', ids: [ids['car']!], into: ids['car']! })).toThrow('cannot be merged into itself')
})

test('children of a merged label move below the other, never below themselves', () => {
  const { project, ids } = cars()
  updateLabel(project, ids['auto']!, { parentId: ids['car']! })
  updateLabel(project, ids['truck']!, { parentId: ids['auto']! })
  changeLabels(project, { kind: 'merge', ids: [ids['car']!], into: ids['truck']! })
  expect(Object.fromEntries(listLabels(project).map((l) => [l.name, l.parentId]))).toEqual({ auto: null, truck: ids['auto'] })
  undoChange(project)
  changeLabels(project, { kind: 'merge', ids: [ids['auto']!], into: ids['car']! })
  expect(listLabels(project).find((l) => l.name === 'truck')!.parentId).toBe(ids['car'])
})

test('a label is divided by an attribute, a kind of shape, or a tag of the images; the rest stays', () => {
  const { project, ids } = cars()
  updateLabel(project, ids['car']!, { attributes: [{ type: 'choice', name: 'colour', options: ['red', 'blue'], required: false }] })
  addTag(project, [2], 'night')
  const part = (name: string, where: object) => ({ name, where })
  const preview = done(project, {
    kind: 'split',
    id: ids['car']!,
    parts: [
      part('red car', { attribute: { name: 'colour', value: 'red' } }),
      part('track', { kind: 'polyline' }),
      part('auto', { tag: 'night' }),
    ],
  })
  expect(preview).toEqual({
    regions: 3,
    imageLabels: 1,
    images: 2,
    removed: [],
    effects: [
      { label: 'red car', fresh: true, regions: 1, imageLabels: 0 },
      { label: 'track', fresh: true, regions: 1, imageLabels: 0 },
      { label: 'auto', fresh: false, regions: 1, imageLabels: 1 },
    ],
  })
  const name = new Map(listLabels(project).map((l) => [l.id, l.name]))
  expect([1, 2].map((id) => imageContent(project, id).regions.map((r) => name.get(r.labelId!)))).toEqual([
    ['red car', 'auto'],
    ['auto', 'track'],
  ])
  expect(
    listLabels(project)
      .find((l) => l.name === 'red car')!
      .attributes.map((a) => a.name),
  ).toEqual(['colour'])
  expect(() => changeLabels(project, { kind: 'split', id: ids['car']!, parts: [part('x', {})] })).toThrow(
    'expected an attribute, a tag or a kind of shape',
  )
  expect(() => changeLabels(project, { kind: 'split', id: ids['car']!, parts: [part('car', { kind: 'box' })] })).toThrow(
    'is the label being split',
  )
})

test('a label below another one cannot be put above it', () => {
  const { project, ids } = cars()
  const below = addLabel(project, { name: 'sedan', parentId: ids['car']! })
  expect(() => updateLabel(project, ids['car']!, { parentId: below.id })).toThrow('a label cannot be its own descendant')
})
