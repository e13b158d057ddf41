/** On what forgetting is measured: never on what is learned from, the project's own images first. */
import { expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { knowledgeAsked, knowledgeSet } from '../../../src-main/app/training/knowledge.ts'
import { dataFor, trainingDataFor } from '../../../src-main/app/training/dataset.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'
import { record, temporaryProject } from '../projects/fixture.ts'

const many = (n: number, split: string, label: string, more: Partial<ImageRecord> = {}) =>
  Array.from({ length: n }, (_, i) => record(`${split}/${label}-${i}.jpg`, { split, labels: [{ label }], ...more }))
const job = (project: ReturnType<typeof temporaryProject>, more: Partial<TrainJob> = {}) => {
  const { classes, splits } = trainingDataFor(project, 'classify', undefined, { test: [] })
  return { recipe: 'ft', model: TINY_CLIP, classes, splits, ...more }
}

test('images of classes that are not trained on, of any split, with their own numbers', async () => {
  const project = temporaryProject([
    ...[...many(3, 'train', 'cat'), ...many(3, 'train', 'dog'), ...many(4, 'test', 'dog')],
    ...[...many(20, 'other', 'sun'), ...many(10, 'other', 'hill'), ...many(5, 'other', 'cats')],
  ])
  const { outside, captions } = (await knowledgeSet(project, job(project)))!
  expect(outside).toMatchObject({ of: 'project', classes: [{ name: 'sun' }, { name: 'hill' }] })
  expect(outside!.items.map((item) => item.label)).toEqual([...Array<number>(20).fill(0), ...Array<number>(10).fill(1)])
  expect(outside!.items.every((item) => item.name!.startsWith(item.label ? 'other/hill' : 'other/sun'))).toBe(true)
  expect(captions).toBeUndefined()
})

test('pictographs of other things where the project has too few; none that a class or a caption of the training names', async () => {
  const project = temporaryProject([...many(3, 'train', 'penguin'), ...many(3, 'train', 'bank'), ...many(23, 'other', 'sun')])
  const { outside } = (await knowledgeSet(project, job(project)))!
  expect(outside!.of).toBe('pictographs')
  expect(outside!.classes).toHaveLength(64)
  expect(outside!.items).toHaveLength(256)
  const names = outside!.classes.map((c) => c.name)
  expect(names).not.toContain('penguin')
  expect(names).not.toContain('bank')
  expect(names).toContain('helicopter')
  for (const { file, label } of outside!.items) expect([file.endsWith('.png'), names[label]]).toEqual([true, expect.any(String)])
  const told = temporaryProject([record('a.jpg', { split: 'train', captions: [{ text: 'Two helicopters over a bank' }] })])
  const { splits } = dataFor(told, 'contrast')
  const of = (await knowledgeSet(told, { recipe: 'captions', model: TINY_CLIP, classes: [], splits }))!.outside!
  expect(of.classes.map((c) => c.name)).not.toContain('helicopter')
  expect(of.classes.map((c) => c.name)).toContain('penguin')
})

test('captions of images that are neither learned from nor chosen on, if there are eight', async () => {
  const captioned = (n: number, split: string) =>
    Array.from({ length: n }, (_, i) =>
      record(`${split}-${i}.jpg`, { split, captions: [{ text: `picture ${i} of ${split}` }], labels: [{ label: i % 2 ? 'cat' : 'dog' }] }),
    )
  const of = async (n: number) => {
    const project = temporaryProject([...captioned(4, 'train'), ...captioned(4, 'val'), ...captioned(n, 'test')])
    return (await knowledgeSet(project, job(project)))!.captions
  }
  expect(await of(7)).toBeUndefined()
  expect((await of(8))!.map((item) => item.name)).toEqual(Array.from({ length: 8 }, (_, i) => `test-${i}.jpg`))
  expect(await of(300)).toHaveLength(256)
})

test('nothing is drawn for a recipe that leaves the towers alone, nor for a model that reads no texts; nor is it asked for in vain', async () => {
  const project = temporaryProject([...many(3, 'train', 'cat'), ...many(3, 'train', 'dog')])
  expect(await knowledgeSet(project, job(project, { recipe: 'lp' }))).toEqual({})
  expect(await knowledgeSet(project, job(project, { model: goldenPath('families/dinov2') }))).toBeUndefined()
  const made = job(project, { recipe: 'lp' }) as TrainJob
  const asked = (forgetting?: false) => knowledgeAsked(project, { forgetting }, async () => made)(new AbortController().signal)
  expect((await asked()).knowledge).toEqual({})
  expect('knowledge' in (await asked(false))).toBe(false)
})
