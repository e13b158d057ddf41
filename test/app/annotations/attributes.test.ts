/** Typed attributes: the schema is kept with its label, what is given is held against it, and all of it can be undone. */
import Libsql from 'libsql'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attributeFaults, attributesOf, defaultsOf, type AttributeDefinition } from '#shared/model/attribute.ts'
import type { Region } from '#shared/model/region.ts'
import {
  addLabel,
  addRegion,
  editMedia,
  redoChange,
  undoChange,
  updateLabel,
  updateRegion,
} from '../../../src-main/app/annotations/index.ts'
import { applyRegionEdit } from '../../../src-main/app/annotations/apply.ts'
import {
  addRecords,
  checkProject,
  createProject,
  imageContent,
  listLabels,
  openProject,
  projectHash,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { asOfVersion } from '../../helpers/earlier.ts'
import { box, temporaryFolder, temporaryProject } from '../projects/fixture.ts'

const rules: AttributeDefinition[] = [
  { type: 'choice', name: 'colour', options: ['red', 'blue'], required: true, default: 'red' },
  { type: 'number', name: 'age', min: 0, max: 20, required: false },
  { type: 'text', name: 'plate', required: true },
  { type: 'yes/no', name: 'parked', required: false, default: false },
]
function cars(): { project: Project; car: number } {
  const project = temporaryProject()
  addRecords(project, [{ fileName: 'a.jpg', width: 100, height: 100 }])
  return { project, car: addLabel(project, { name: 'car', attributes: rules }).id }
}
const refused: [object, string][] = [
  [{ colour: 'green' }, 'region: attributes.colour: expected one of red, blue, not "green"'],
  [{ age: '3' }, 'region: attributes.age: expected a number, not "3"'],
  [{ age: -1 }, 'region: attributes.age: expected at least 0, not -1'],
  [{ age: 21 }, 'region: attributes.age: expected at most 20, not 21'],
  [{ plate: true }, 'region: attributes.plate: expected text, not true'],
  [{ parked: 'yes' }, 'region: attributes.parked: expected yes or no (true or false), not "yes"'],
]

describe.each(refused)('%j', (attributes, message) => {
  test('is refused wherever it comes in, and nothing is changed', () => {
    const { project, car } = cars()
    const region = addRegion(project, { mediaId: 1, labelId: car, shape: box(1) })
    const hash = projectHash(project)
    const given = attributes as Region['attributes']
    expect(() => addRegion(project, { mediaId: 1, labelId: car, shape: box(2), attributes: given })).toThrow(message)
    expect(() => updateRegion(project, region.id, { attributes: given })).toThrow(message)
    expect(() => editMedia(project, [1], { setAttributes: given })).toThrow(message)
    expect(() =>
      applyRegionEdit(project, {
        mediaId: 1,
        action: 'attributes',
        changes: [{ before: region, after: { ...region, attributes: given } }],
      }),
    ).toThrow(message)
    expect(() =>
      applyRegionEdit(project, {
        mediaId: 1,
        action: 'draw',
        changes: [{ before: null, after: { ...region, id: -1, attributes: given } }],
      }),
    ).toThrow(message)
    expect(projectHash(project)).toBe(hash)
  })
})

test('an attribute may have any name, also one that every object seems to have', () => {
  const { project } = cars()
  const odd = ['constructor', 'toString', 'hasOwnProperty'].map((name): AttributeDefinition => ({ type: 'number', name, required: false }))
  const label = addLabel(project, { name: 'odd', attributes: odd })
  const region = addRegion(project, {
    mediaId: 1,
    labelId: label.id,
    shape: box(1),
    attributes: { constructor: 3 } as unknown as Region['attributes'],
  })
  expect(attributeFaults(odd, { other: 1 })).toEqual([])
  updateRegion(project, region.id, { attributes: { other: true } })
  expect(imageContent(project, 1).regions[0]!.attributes).toEqual({ other: true })
})

test('names that no rule has are free, and a label below has the rules of those above it', () => {
  const { project, car } = cars()
  const sedan = addLabel(project, { name: 'sedan', parentId: car, attributes: [{ type: 'text', name: 'age', required: false }] })
  addRegion(project, { mediaId: 1, labelId: sedan.id, shape: box(1), attributes: { colour: 'blue', age: 'old', dirty: true } })
  expect(() => addRegion(project, { mediaId: 1, labelId: sedan.id, shape: box(1), attributes: { colour: 'green' } })).toThrow(
    'attributes.colour',
  )
  const byId = new Map(listLabels(project).map((l) => [l.id, l]))
  expect(attributesOf(sedan.id, byId).map((a) => [a.name, a.type])).toEqual([
    ['age', 'text'],
    ['colour', 'choice'],
    ['plate', 'text'],
    ['parked', 'yes/no'],
  ])
})

test('values older than the rule may stay, and others may be edited', () => {
  const { project, car } = cars()
  updateLabel(project, car, { attributes: [] })
  const region = addRegion(project, { mediaId: 1, labelId: car, shape: box(1), attributes: { colour: 'green' } })
  updateLabel(project, car, { attributes: rules })
  updateRegion(project, region.id, { attributes: { colour: 'green', plate: 'B 1' } })
  expect(attributeFaults(rules, imageContent(project, 1).regions[0]!.attributes)).toEqual([
    { name: 'colour', problem: 'expected one of red, blue' },
  ])
  expect(attributeFaults(rules, {}).map((f) => f.name)).toEqual(['colour', 'plate'])
  expect(defaultsOf(rules)).toEqual({ colour: 'red', parked: false })
})

test.each([
  [
    'a default that is none of the options',
    { type: 'choice', name: 'a', options: ['x'], default: 'y' },
    'label: attributes.0.default: expected one of x',
  ],
  ['an option twice', { type: 'choice', name: 'a', options: ['x', 'x'] }, 'label: attributes.0.options: expected each option once'],
  ['no option', { type: 'choice', name: 'a', options: [] }, 'label: attributes.0.options'],
  ['a range that holds nothing', { type: 'number', name: 'a', min: 3, max: 2 }, 'label: attributes.0.max: expected at least 3'],
  ['another type', { type: 'date', name: 'a' }, 'label: attributes.0.type'],
])('%s is refused', (_, rule, message) => {
  const { project } = cars()
  expect(() => addLabel(project, { name: 'x', attributes: [rule as unknown as AttributeDefinition] })).toThrow(message)
})

test('two attributes of one name are refused', () => {
  const { project, car } = cars()
  expect(() => updateLabel(project, car, { attributes: [rules[0]!, rules[0]!] })).toThrow('label: attributes.1.name: "colour" occurs twice')
})

test('the rules are undone and done again, over a restart too, and count in the dataset hash', () => {
  const { project, car } = cars()
  const withRules = projectHash(project)
  updateLabel(project, car, { attributes: [] })
  const without = projectHash(project)
  expect(without).not.toBe(withRules)
  undoChange(project)
  expect(projectHash(project)).toBe(withRules)
  project.close()
  const again = openProject(project.folder)
  expect(listLabels(again)[0]!.attributes).toEqual(rules)
  redoChange(again)
  expect([projectHash(again), listLabels(again)[0]!.attributes]).toEqual([without, []])
  expect(checkProject(again, { files: false }).problems).toEqual([])
  again.close()
})

test('a project of an earlier version opens, has the hash that it had, and its journal is undone and done again', () => {
  const dir = join(temporaryFolder(), 'p')
  createProject(dir, { user: 'ann' }).close()
  // What a program of schema 2 left: a label that was made and one that was removed, with entries that know no attributes.
  asOfVersion(join(dir, 'project.db'), 2)
  const db = new Libsql(join(dir, 'project.db'))
  const row = (name: string) => JSON.stringify({ name, colour: '#ff0000', key: null, synonyms: '[]', prompts: '[]', parent_id: null })
  db.exec(`
    INSERT INTO label (id, name, colour, synonyms, prompts) VALUES (1, 'cat', '#ff0000', '[]', '[]');
    INSERT INTO journal (seq, kind, action, by_name, at, media_count) VALUES (1, 'do', 'add label', 'ann', 0, 0), (2, 'do', 'add label', 'ann', 0, 0), (3, 'do', 'remove label', 'ann', 0, 0);
    INSERT INTO journal_change (seq, part, changes) VALUES
      (1, 1, '{"rows":[{"table":"label","id":1,"before":null,"after":${row('cat')}}]}'),
      (2, 1, '{"rows":[{"table":"label","id":2,"before":null,"after":${row('dog')}}]}'),
      (3, 1, '{"rows":[{"table":"label","id":2,"before":${row('dog')},"after":null}]}');`)
  db.close()
  const project = openProject(dir)
  expect(listLabels(project).map((l) => [l.name, l.attributes])).toEqual([['cat', []]])
  expect(undoChange(project)!.action).toBe('remove label')
  expect(listLabels(project).map((l) => [l.name, l.attributes])).toEqual([
    ['cat', []],
    ['dog', []],
  ])
  undoChange(project)
  undoChange(project)
  for (let i = 0; i < 3; i++) redoChange(project)
  expect(listLabels(project).map((l) => l.name)).toEqual(['cat'])
  expect(checkProject(project, { files: false }).problems).toEqual([])
  project.close()
})
