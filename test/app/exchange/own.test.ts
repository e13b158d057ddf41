/** Projects of ours beside or as what is imported: they are read, and never touched. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { addLabels } from '../../../src-main/app/annotations/index.ts'
import { importInto } from '../../../src-main/app/exchange/index.ts'
import { createProject } from '../../../src-main/app/projects/index.ts'
import { folder, project, recordsOf } from './helpers.ts'

test('a project that is open elsewhere is read through a copy, and its file stays unchanged', async () => {
  const dir = await folder({ 'media/a.png': [8, 6] })
  const theirs = createProject(dir)
  await importInto(theirs, path.join(dir, 'media'))
  const file = path.join(dir, 'project.db')
  const before = statSync(file).ino
  const mine = project()
  expect((await importInto(mine, dir, { format: 'dashi' })).images).toBe(1)
  expect(statSync(file).ino).toBe(before)
  expect(theirs.db.look()).toBeNull()
  expect(addLabels(theirs, [{ name: 'later' }])).toHaveLength(1)
  theirs.close()
})

test('a project below the folder is not part of it and stays untouched', async () => {
  const dir = await folder({ 'photos/a.png': [8, 6], 'photos/b.png': [8, 6] })
  createProject(path.join(dir, 'project')).close()
  mkdirSync(path.join(dir, 'project', 'media'))
  copyFileSync(path.join(dir, 'photos', 'a.png'), path.join(dir, 'project', 'media', 'copy.png'))
  const p = project()
  const report = await importInto(p, dir)
  expect([report.format, report.unread]).toEqual(['folders', []])
  expect(recordsOf(p).map((r) => path.posix.basename(r.fileName))).toEqual(['a.png', 'b.png'])
  expect(readdirSync(dir).sort()).toEqual(['photos', 'project'])
  await expect(importInto(p, path.join(dir, 'photos'), { format: 'dashi' })).rejects.toThrow('holds no project.db')
  expect(existsSync(path.join(dir, 'photos', 'project.db'))).toBe(false)
})

test('the XML of MIT’s LabelMe counts from 0, and its pictures are in Images', async () => {
  const dir = await folder({ 'Images/set/a.png': [100, 80] })
  mkdirSync(path.join(dir, 'Annotations', 'set'), { recursive: true })
  const object = (name: string, deleted: number) =>
    `<object><name>${name}</name><deleted>${deleted}</deleted><polygon><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt><x>9</x><y>9</y></pt></polygon></object>`
  const xml = `<annotation><filename>a.png</filename><folder>set</folder><imagesize><nrows>80</nrows><ncols>100</ncols></imagesize>${object('dog', 0)}${object('gone', 1)}</annotation>`
  writeFileSync(path.join(dir, 'Annotations', 'set', 'a.xml'), xml)
  const p = project()
  const report = await importInto(p, dir)
  expect([report.format, report.missing]).toEqual(['voc', 0])
  expect(recordsOf(p)[0]!.regions!.map((r) => [r.label, r.shape])).toEqual([['dog', { kind: 'polygon', parts: [[[1, 1, 9, 1, 9, 9]]] }]])
})
