/** What labels say of their regions' attributes, and which label lies below which, in and out of the formats that can hold it. */
import { join } from 'node:path'
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import { addLabel, addLabels, undoChange } from '../../../src-main/app/annotations/index.ts'
import { exportFrom, exportLosses, importInto } from '../../../src-main/app/exchange/index.ts'
import { addRecords, imageContent, listLabels, projectHash, type Project } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder, temporaryProject } from '../projects/fixture.ts'

const rules: AttributeDefinition[] = [
  { type: 'choice', name: 'colour', options: ['red', 'blue & grey'], required: true, default: 'red' },
  { type: 'number', name: 'age', min: 0, max: 20, required: false },
  { type: 'text', name: 'plate', required: false },
  { type: 'yes/no', name: 'parked', required: false, default: false },
]
function garage(): Project {
  const project = temporaryProject()
  const vehicle = addLabel(project, { name: 'vehicle', colour: '#102030', synonyms: ['conveyance'] })
  addLabel(project, { name: 'car', parentId: vehicle.id, attributes: rules })
  addRecords(project, [
    {
      fileName: 'a.jpg',
      width: 100,
      height: 80,
      regions: [
        {
          label: 'car',
          shape: { kind: 'box', x: 1, y: 2, w: 30, h: 40 },
          attributes: { colour: 'blue & grey', age: 3, plate: '12', parked: true },
        },
      ],
    },
  ])
  return project
}
const labelsOf = (project: Project) => {
  const all = listLabels(project)
  return all.map((l) => ({ name: l.name, parent: all.find((p) => p.id === l.parentId)?.name ?? null, attributes: l.attributes }))
}
async function through(format: FormatName): Promise<Project> {
  const to = join(temporaryFolder(), format === 'dashi' ? 'out.dashi.zip' : 'out')
  await exportFrom(garage(), to, { format })
  const project = temporaryProject()
  await importInto(project, to)
  return project
}

describe.each(['coco', 'datumaro', 'dashi'] as const)('%s', (format) => {
  test('keeps definitions, parents and values', async () => {
    const project = await through(format)
    expect(labelsOf(project)).toEqual(labelsOf(garage()))
    expect(imageContent(project, 1).regions[0]!.attributes).toEqual({ colour: 'blue & grey', age: 3, plate: '12', parked: true })
    expect(exportLosses(garage(), { format }).map((l) => l.feature)).not.toContain('attribute definitions')
  })
})

test('CVAT keeps definitions and values, also a text that looks like a number; “required” is a declared loss', async () => {
  const project = await through('cvat')
  const [, car] = labelsOf(project)
  expect(car!.attributes).toEqual(rules.map((r) => ({ ...r, required: false })))
  expect(imageContent(project, 1).regions[0]!.attributes).toEqual({ colour: 'blue & grey', age: 3, plate: '12', parked: true })
  expect(exportLosses(garage(), { format: 'cvat' })).toEqual(
    expect.arrayContaining([
      {
        feature: 'attribute definitions',
        count: 4,
        becomes: expect.objectContaining({ en: 'are kept, except which of them are required' }),
      },
      { feature: 'parent labels', count: 1, becomes: expect.objectContaining({ en: 'become top-level labels' }) },
    ]),
  )
})

test('COCO writes the parent as the supercategory, where others expect it', async () => {
  const to = join(temporaryFolder(), 'out')
  await exportFrom(garage(), to, { format: 'coco' })
  const { categories } = JSON.parse(readFileSync(join(to, 'annotations/instances_default.json'), 'utf8')) as { categories: object[] }
  expect(categories).toMatchObject([
    { name: 'vehicle', supercategory: '' },
    { name: 'car', supercategory: 'vehicle', dashi: { parent: 'vehicle' } },
  ])
})

test.each(['yolo', 'voc', 'labelme', 'labelstudio', 'csv', 'imagefolder'] as const)(
  '%s cannot hold them and declares the loss',
  (format) => {
    const said = Object.fromEntries(exportLosses(garage(), { format }).map((l) => [l.feature, l.becomes.en]))
    expect(said).toMatchObject({ 'attribute definitions': 'are left out', 'parent labels': 'become top-level labels' })
  },
)

test('an existing label gains what it lacks, and one undo reverts everything', async () => {
  const to = join(temporaryFolder(), 'out')
  await exportFrom(garage(), to, { format: 'coco' })
  const project = temporaryProject()
  addLabels(project, [
    { name: 'car', colour: '#ffffff', attributes: [{ type: 'choice', name: 'colour', options: ['green'], required: false }] },
  ])
  const before = projectHash(project)
  await importInto(project, to)
  const car = listLabels(project).find((l) => l.name === 'car')!
  expect([car.colour, car.attributes.map((a) => a.name)]).toEqual(['#ffffff', ['colour', 'age', 'plate', 'parked']])
  expect(car.attributes[0]).toMatchObject({ options: ['green', 'red', 'blue & grey'] })
  await importInto(project, to)
  undoChange(project)
  expect(projectHash(project)).toBe(before)
})

test('an invalid CVAT definition is reported, and its values are imported anyway', async () => {
  const folder = join(temporaryFolder(), 'in')
  mkdirSync(folder)
  const label =
    '<label><name>car</name><attributes><attribute><name>make</name><input_type>select</input_type><values></values></attribute><attribute><name>year</name><input_type>number</input_type><values>1900;2030;1</values></attribute></attributes></label>'
  writeFileSync(
    join(folder, 'annotations.xml'),
    `<annotations><version>1.1</version><meta><task><labels>${label}</labels></task></meta><image id="0" name="a.jpg" width="50" height="50"><box label="car" xtl="1" ytl="1" xbr="9" ybr="9"><attribute name="make">7</attribute><attribute name="year">1999</attribute></box></image></annotations>`,
  )
  const project = temporaryProject()
  const report = await importInto(project, folder)
  expect(report.findings.map((f) => f.reason).join('\n')).toMatch(/label car: attribute "make".*left without a definition/)
  expect(listLabels(project)[0]!.attributes).toEqual([{ type: 'number', name: 'year', min: 1900, max: 2030, required: false }])
  expect(imageContent(project, 1).regions[0]!.attributes).toEqual({ make: 7, year: 1999 })
})
