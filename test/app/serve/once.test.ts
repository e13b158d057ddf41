import { expect, test } from 'vitest'
import { addCaption } from '../../../src-main/app/annotations/index.ts'
import { imageContent, openProject } from '../../../src-main/app/projects/index.ts'
import { once } from '../../../src-main/app/serve/once.ts'
import { fiveImages, temporaryProject } from '../projects/fixture.ts'

const texts = (project: Parameters<typeof imageContent>[0]) => imageContent(project, 1).captions.map((c) => c.text)

test('an operation that is asked for again is not made again, and has the same answer, after a restart too', () => {
  const project = temporaryProject(fiveImages())
  const before = texts(project).length
  const add = (where: typeof project) => once(where, 'operation-1', () => addCaption(where, { mediaId: 1, text: 'a heron' }))
  const answer = add(project)
  expect(add(project)).toEqual(answer)
  project.close()
  const again = openProject(project.folder)
  expect(add(again)).toEqual(answer)
  expect(texts(again).slice(before)).toEqual(['a heron'])
  again.close()
})

test('an operation that failed left nothing, and may be asked for again', () => {
  const project = temporaryProject(fiveImages())
  const before = texts(project)
  const failing = () =>
    once(project, 'operation-2', () => {
      addCaption(project, { mediaId: 1, text: 'half done' })
      throw new Error('then it failed')
    })
  expect(failing).toThrow('then it failed')
  expect(texts(project)).toEqual(before)
  once(project, 'operation-2', () => addCaption(project, { mediaId: 1, text: 'done' }))
  expect(texts(project)).toEqual([...before, 'done'])
})
