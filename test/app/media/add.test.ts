import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addImages } from '../../../src-main/app/media/add.ts'
import { lookAt } from '../../../src-main/app/media/look.ts'
import { addRecords, createProject, type Project, projectInfo } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let project: Project
const at = (...p: string[]) => path.join(dir, ...p)
const write = (...p: string[]) => {
  fs.mkdirSync(path.dirname(at(...p)), { recursive: true })
  fs.writeFileSync(at(...p), 'pixels')
  return at(...p)
}
const paths = () => project.db.all<{ path: string }>('SELECT path FROM media ORDER BY id').map((m) => m.path)

beforeEach(() => {
  dir = temporaryFolder()
  project = createProject(at('project'), { name: 'p' })
})
afterEach(() => project.close())

it('takes in images that were named, those of a folder as one change', () => {
  const files = [write('a', '1.png'), write('a', '2.png'), write('b', '3.png')]
  expect(addImages(project, files)).toMatchObject({ images: 3, links: { count: 0 } })
  expect(paths()).toEqual(['1.png', '2.png', '3.png'])
  addImages(project, files)
  expect(projectInfo(project).media).toBe(3) // however often
})

it('finds again below a folder that it knows what it has already', () => {
  const file = write('a', 'below', '1.png')
  addRecords(project, [{ fileName: 'below/1.png' }], { root: at('a') })
  addImages(project, [file, write('a', 'below', '2.png')])
  expect(paths()).toEqual(['below/1.png', 'below/2.png'])
})

it('leaves out a link that leads out of its folder', () => {
  write('secret', '1.png')
  fs.mkdirSync(at('a'))
  fs.symlinkSync(at('secret', '1.png'), at('a', 'link.png'))
  expect(addImages(project, [at('a', 'link.png')])).toMatchObject({
    images: 0,
    links: { count: 1, examples: [{ path: at('a', 'link.png'), to: at('secret', '1.png') }] },
  })
  expect(paths()).toEqual([])
})

it('knows what a path is', () => {
  write('a', 'x.PNG')
  write('a', 'coco.json')
  const kind = (...p: string[]) => lookAt(at(...p))
  expect(kind('project')).toEqual({ kind: 'project', path: at('project'), folder: dir })
  expect(kind('project', 'project.db')).toMatchObject({ kind: 'project', path: at('project') })
  expect(kind('a')).toMatchObject({ kind: 'folder' })
  expect(kind('a', 'x.PNG')).toMatchObject({ kind: 'image', folder: at('a') })
  expect(kind('a', 'coco.json')).toMatchObject({ kind: 'file' })
  expect(kind('a', 'coco.json', 'no')).toMatchObject({ kind: 'missing' })
})
