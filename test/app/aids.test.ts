/** Scale and templates of a project: kept over a restart, no part of the data, and refused where they make none. */
import { expect, test } from 'vitest'
import type { Template } from '#shared/model/aid.ts'
import { listTemplates, removeTemplate, renameTemplate, saveTemplate, scaleOf, setScale } from '../../src-main/app/aids/index.ts'
import { addLabel, removeLabel } from '../../src-main/app/annotations/index.ts'
import { openProject, projectHash } from '../../src-main/app/projects/index.ts'
import { temporaryProject } from './projects/fixture.ts'

const drawn = (labelId: number | null): Omit<Template, 'id'> => ({
  name: 'panel',
  width: 400,
  height: 300,
  regions: [{ labelId, shape: { kind: 'box', x: 1, y: 2, w: 3, h: 4 }, attributes: { side: 'left' } }],
})

test('are kept over a restart and change no hash', () => {
  const project = temporaryProject()
  const { id } = addLabel(project, { name: 'screw' })
  const before = projectHash(project)
  expect([scaleOf(project), listTemplates(project)]).toEqual([null, []])
  setScale(project, { unit: 'mm', perUnit: 12.5 })
  const saved = saveTemplate(project, drawn(id))
  expect(projectHash(project)).toBe(before)
  project.close()
  const again = openProject(project.folder)
  expect([scaleOf(again), listTemplates(again)]).toEqual([{ unit: 'mm', perUnit: 12.5 }, [saved]])
  setScale(again, null)
  expect(scaleOf(again)).toBeNull()
  again.close()
})

test('a template of the same name is replaced; one can be renamed, except to a taken name, and removed', () => {
  const project = temporaryProject()
  const first = saveTemplate(project, drawn(null))
  expect(saveTemplate(project, { ...drawn(null), width: 200 })).toEqual({ ...first, width: 200 })
  const other = saveTemplate(project, { ...drawn(null), name: 'lid' })
  expect(() => renameTemplate(project, other.id, 'panel')).toThrow(/"panel" already/)
  renameTemplate(project, other.id, '蓋')
  expect(listTemplates(project).map((t) => t.name)).toEqual(['panel', '蓋'])
  removeTemplate(project, first.id)
  expect(listTemplates(project).map((t) => t.name)).toEqual(['蓋'])
  expect(() => renameTemplate(project, first.id, 'x')).toThrow(/no template has the id/)
})

test('regions of a label that is gone have none', () => {
  const project = temporaryProject()
  const { id } = addLabel(project, { name: 'screw' })
  saveTemplate(project, drawn(id))
  removeLabel(project, id)
  expect(listTemplates(project)[0]!.regions[0]!.labelId).toBeNull()
})

test.each([
  ['no pixel a unit', () => setScale(temporaryProject(), { unit: 'mm', perUnit: 0 }), /scale: perUnit/],
  ['no unit', () => setScale(temporaryProject(), { unit: '', perUnit: 2 }), /scale: unit/],
  ['a name of spaces', () => saveTemplate(temporaryProject(), { ...drawn(null), name: '  ' }), /template: name: expected a name/],
  ['no region', () => saveTemplate(temporaryProject(), { ...drawn(null), regions: [] }), /template: regions/],
])('%s is refused, with its field', (_, does, message) => expect(does).toThrow(message))
