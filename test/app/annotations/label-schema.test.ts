/** The label set as a file: it comes back as it went out, takes its place beside what is there, and one undo takes it away. */
import { expect, test } from 'vitest'
import {
  addLabel,
  importLabelSchema,
  labelSchema,
  previewLabelSchema,
  readLabelSchema,
  undoChange,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { listLabels, projectHash, type Project } from '../../../src-main/app/projects/index.ts'
import { temporaryProject } from '../projects/fixture.ts'

function vehicles(): Project {
  const project = temporaryProject()
  const vehicle = addLabel(project, { name: 'vehicle', attributes: [{ type: 'choice', name: 'colour', options: ['red'], required: true }] })
  addLabel(project, { name: 'car', parentId: vehicle.id, key: 'c', synonyms: ['auto'], prompts: ['a photo of a car'] })
  return project
}
const file = (labels: unknown[]) => readLabelSchema(JSON.stringify({ format: 'dashi-labels', version: 1, labels }), 'labels.json')
const told = (project: Project) => {
  const names = new Map(listLabels(project).map((l) => [l.id, l.name]))
  return listLabels(project).map(({ id: _, parentId, ...l }) => ({ ...l, parent: parentId === null ? null : names.get(parentId) }))
}

test('goes out, and into another project as it was', () => {
  const [from, to] = [vehicles(), temporaryProject()]
  const text = JSON.stringify(labelSchema(from))
  expect(importLabelSchema(to, readLabelSchema(text, 'labels.json'), 'merge')).toMatchObject({
    added: ['vehicle', 'car'],
    changed: [],
    kept: [],
  })
  expect(told(to)).toEqual(told(from))
  expect(importLabelSchema(to, readLabelSchema(text, 'labels.json'), 'replace')).toMatchObject({ added: [], changed: [], unchanged: 2 })
})

test('merging keeps what the project has and adds what it lacks', () => {
  const project = vehicles()
  const before = projectHash(project)
  const schema = file([
    {
      name: 'vehicle',
      colour: '#000000',
      synonyms: ['conveyance'],
      attributes: [
        { type: 'choice', name: 'colour', options: ['red', 'blue'] },
        { type: 'yes/no', name: 'parked' },
      ],
    },
    { name: 'car', key: 'x', synonyms: ['motor'], attributes: [{ type: 'number', name: 'doors' }] },
    { name: 'truck', parent: 'vehicle' },
  ])
  const preview = previewLabelSchema(project, schema, 'merge')
  expect(projectHash(project)).toBe(before)
  expect(preview).toMatchObject({
    added: ['truck'],
    changed: [
      { name: 'vehicle', fields: ['synonyms', 'attributes'] },
      { name: 'car', fields: ['synonyms', 'attributes'] },
    ],
  })
  expect(importLabelSchema(project, schema, 'merge')).toEqual(preview)
  const [vehicle, car, truck] = told(project)
  expect(vehicle).toMatchObject({
    synonyms: ['conveyance'],
    attributes: [{ name: 'colour', options: ['red', 'blue'], required: true }, { name: 'parked' }],
  })
  expect(vehicle!.colour).not.toBe('#000000')
  expect(car).toMatchObject({ key: 'c', synonyms: ['auto', 'motor'], parent: 'vehicle' })
  expect(truck).toMatchObject({ parent: 'vehicle' })
  undoChange(project)
  expect(projectHash(project)).toBe(before)
})

test('replacing takes what the file says of a label, and leaves labels that it does not name', () => {
  const project = vehicles()
  const taken = importLabelSchema(project, file([{ name: 'car', colour: '#123456', parent: null }]), 'replace')
  expect(taken.changed).toEqual([{ name: 'car', fields: ['synonyms', 'prompts', 'colour', 'parent'] }])
  expect(told(project)).toMatchObject([
    { name: 'vehicle', attributes: [{ name: 'colour' }] },
    { name: 'car', colour: '#123456', key: 'c', synonyms: [], parent: null },
  ])
})

test('an attribute of another type keeps the project’s type, which is reported', () => {
  const project = vehicles()
  const { kept } = importLabelSchema(project, file([{ name: 'vehicle', attributes: [{ type: 'text', name: 'colour' }] }]), 'merge')
  expect(kept).toEqual(['vehicle: attribute colour is choice in the project and text in the file; it stays choice'])
})

test('parents that would turn the tree round stay where they are', () => {
  const project = vehicles()
  const vehicle = listLabels(project).find((l) => l.name === 'vehicle')!
  const { kept } = importLabelSchema(project, file([{ name: 'vehicle', parent: 'car' }]), 'replace')
  expect(kept).toEqual(['vehicle: would lie below itself under car, so it stays where it is'])
  updateLabel(project, vehicle.id, { parentId: null })
})

test('what the preview says is what is done, be it merged or replaced', () => {
  const files = [
    [
      { name: 'car', key: 'k', colour: '#010203', parent: null },
      { name: 'bus', key: 'c', parent: 'nowhere' },
    ],
    [
      { name: 'vehicle', parent: 'truck' },
      { name: 'truck', parent: 'car', key: 'c' },
    ],
    [
      { name: 'a', parent: 'car' },
      { name: 'vehicle', key: 'c', parent: 'a' },
    ],
  ]
  for (const labels of files)
    for (const mode of ['merge', 'replace'] as const) {
      const project = vehicles()
      const preview = previewLabelSchema(project, file(labels), mode)
      const before = listLabels(project)
      expect(importLabelSchema(project, file(labels), mode)).toEqual(preview)
      const after = listLabels(project)
      expect(after.filter((l) => !before.some((b) => b.name === l.name)).map((l) => l.name)).toEqual(preview.added)
      const changed = before.filter((b) => JSON.stringify(b) !== JSON.stringify(after.find((a) => a.id === b.id)))
      expect(preview.changed.map((c) => c.name).sort()).toEqual(changed.map((l) => l.name).sort())
      const keys = after.flatMap((l) => l.key ?? [])
      expect(new Set(keys).size).toBe(keys.length)
    }
})

test('what is not taken from the file is reported, one line each', () => {
  const { kept } = previewLabelSchema(
    vehicles(),
    file([
      { name: 'car', key: 'x', colour: '#010203', parent: 'bus' },
      { name: 'bus', key: 'c' },
    ]),
    'merge',
  )
  const colour = listLabels(vehicles()).find((l) => l.name === 'car')!.colour
  expect(kept).toEqual([
    `car: its colour stays ${colour}, not #010203 of the file`,
    'car: its key stays c, not x of the file',
    'car: stays below vehicle, not below bus as in the file',
    'bus: the key c is that of car, which keeps it',
  ])
})

test('replacing lets two labels of the file exchange their keys', () => {
  const project = vehicles()
  importLabelSchema(project, file([{ name: 'vehicle', key: 'v' }]), 'merge')
  importLabelSchema(
    project,
    file([
      { name: 'vehicle', key: 'c' },
      { name: 'car', key: 'v' },
    ]),
    'replace',
  )
  expect(told(project)).toMatchObject([
    { name: 'vehicle', key: 'c' },
    { name: 'car', key: 'v' },
  ])
})

test('a plain list of names is a label set', () => {
  const project = temporaryProject()
  importLabelSchema(project, readLabelSchema('["cat", {"name": "dog", "parent": "cat"}]', 'x.json'), 'merge')
  expect(told(project)).toMatchObject([{ name: 'cat' }, { name: 'dog', parent: 'cat' }])
})

test.each([
  ['{', /^labels.json: is not JSON/],
  ['{"format":"coco","version":1,"labels":[]}', /^labels.json: format:/],
  ['{"format":"dashi-labels","version":2,"labels":[]}', /^labels.json: version:/],
  ['["cat","cat"]', /^labels.json: labels.1.name: "cat" occurs twice/],
  ['[{"name":""}]', /^labels.json: labels.0.name:/],
  ['[{"name":"a","colour":"red"}]', /^labels.json: labels.0.colour: expected a colour such as #1f77b4/],
  ['[{"name":"a","parent":"b"},{"name":"b","parent":"a"}]', /^labels.json: labels.0.parent: "a" is its own ancestor/],
  ['[{"name":"a\\u0000"}]', /^labels.json: labels.0.name: holds a NUL/],
  [
    '[{"name":"a","attributes":[{"type":"choice","name":"c","options":["x"],"default":"y"}]}]',
    /^labels.json: labels.0.attributes.0.default: expected one of x/,
  ],
  ['[7]', /^labels.json: labels.0:/],
])('%s is refused by its field', (text, message) => {
  expect(() => readLabelSchema(text, 'labels.json')).toThrow(message)
})
