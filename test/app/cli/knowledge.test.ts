/** What a run forgot, in the terminal: beside its result, in the list of runs and in the table for spreadsheets. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Knowledge } from '#shared/model/knowledge.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { knowledgeText } from '../../../src-main/app/cli/knowledge.ts'
import { CLASSES, shapePictures, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { type Said, terminal } from './terminal.ts'

let dir: string
let project: string
let dashi: Awaited<ReturnType<typeof terminal>>

/** Shapes to learn, and the same pictures over and over as three other things, with captions whose words can change places. */
beforeAll(async () => {
  dir = temporaryFolder()
  dashi = await terminal(path.join(dir, 'cache'))
  const pictures = path.join(dir, 'pictures')
  const { train, id, ood } = await shapePictures(pictures)
  const created = createProject(path.join(dir, 'project'), { name: 'shapes', user: 'ann' })
  const size = { width: 40, height: 40 }
  const of = (items: typeof train, split: string) =>
    items.map(({ file, label }) => ({ fileName: path.relative(pictures, file), ...size, split, labels: [{ label: CLASSES[label]! }] }))
  const box = (x: number) => ({ label: 'thing', shape: { kind: 'box' as const, x, y: 0, w: 10, h: 10 } })
  const others = Array.from({ length: 30 }, (_, i) => {
    const fileName = `other-${i}.png`
    fs.copyFileSync(ood[i % ood.length]!.file, path.join(pictures, fileName))
    const text = i % 2 ? 'a ring left of a bar' : 'a bar left of a ring'
    const [first, second] = i % 2 ? [6, 20] : [5, 20]
    const spans = [
      { start: 0, end: first, regions: [0] },
      { start: first + 9, end: second, regions: [1] },
    ]
    return {
      ...{ fileName, ...size, split: 'other', labels: [{ label: ['hill', 'moon', 'lamp'][i % 3]! }] },
      ...{ regions: [box(0), box(20)], captions: [{ text, spans }] },
    }
  })
  addRecords(created, [...of(train, 'train'), ...of(id, 'id'), ...others], { root: pictures })
  created.close()
  project = created.folder
})
const document = <T>({ code, stdout, stderr }: Said) => {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as T
}
const train = (recipe: string, ...more: string[]) =>
  dashi('train', '--project', project, '--recipe', recipe, '--model', TINY_CLIP, '--device', 'cpu', '--test', 'id', ...more)
const ft = ['--set', 'epochs=1', 'batchSize=6', 'lr=0.03']
type Trained = { knowledge?: Knowledge; checkpoint: string }

test('a training says what it gained and kept, in JSON and as a table; not if it is told not to', async () => {
  const { knowledge } = document<Trained>(await train('ft', ...ft, '--name', 'tuned', '--json'))
  expect(knowledge).toMatchObject({
    kind: 'measured',
    gain: { split: 'id', n: 6 },
    outside: { of: 'project', classes: 3, n: 30 },
    texts: { n: 30 },
    images: { n: 2 },
  })
  const { stdout } = await train('ft', ...ft)
  expect(stdout).toMatch(/^zero-shot accuracy on 3 labels that are not trained on +30 +\d+\.\d +\d+\.\d +[+−]?\d+\.\d +\S+ … \S+$/m)
  expect(document<Trained>(await train('ft', ...ft, '--name', 'untold', '--no-forgetting', '--json')).knowledge).toBeUndefined()
  expect(document<Trained>(await train('lp', '--set', 'cCount=2', '--name', 'probe', '--json')).knowledge).toEqual({ kind: 'unchanged' })
  expect((await train('lp', '--set', 'cCount=2')).stdout).toContain('Knowledge kept: unchanged')

  const rows = document<{ name: string; metrics: { knowledge?: Knowledge } }[]>(await dashi('runs', 'list', '--project', project, '--json'))
  const listed = (name: string) => rows.find((r) => r.name === name)!.metrics.knowledge
  expect([listed('tuned'), listed('probe'), listed('untold')]).toEqual([knowledge, { kind: 'unchanged' }, undefined])
  const table = (await dashi('runs', 'list', '--project', project)).stdout
  expect(table).toMatch(/^run .*\bkept\b/m)
  expect(table).toMatch(/^probe .*\bunchanged$/m)

  const csv = path.join(dir, 'runs.csv')
  await dashi('runs', 'export', csv, 'tuned', 'probe', 'untold', '--project', project)
  const [head, tuned, probe, untold] = fs
    .readFileSync(csv, 'utf8')
    .trim()
    .split('\r\n')
    .map((line) => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/))
  const cell = (row: string[], name: string) => row[head!.indexOf(name)]
  if (knowledge?.kind !== 'measured') throw new Error()
  expect(head).not.toContain('knowledge')
  expect(cell(tuned!, 'kept')).toBe(String(knowledge.outside!.change))
  expect(cell(tuned!, 'outside:before')).toBe(String(knowledge.outside!.before))
  expect(cell(tuned!, 'texts:high')).toBe(String(knowledge.texts!.interval[1]))
  expect([cell(probe!, 'kept'), cell(probe!, 'outside:before'), cell(untold!, 'kept')]).toEqual(['0', '', ''])
})

test('a soup is measured as its ingredients were, beside the model that they came from; not if none was, or if it is told not to', async () => {
  const soup = async (method: string, of: string[], ...more: string[]) =>
    document<{ knowledge?: Knowledge }>(
      await dashi('merge', ...of, '--method', method, '--project', project, '--out', path.join(dir, 'soup'), '--json', ...more),
    ).knowledge
  const of = async (name: string, recipe: string, ...more: string[]) =>
    document<Trained>(await train(recipe, '--name', name, '--json', ...more))
  const [one, two, unmeasured] = [
    await of('one', 'ft', ...ft),
    await of('two', 'ft', ...ft, '--seed', '1'),
    await of('three', 'ft', ...ft, '--seed', '2', '--no-forgetting'),
  ]
  if (one.knowledge?.kind !== 'measured') throw new Error()
  const between = (await soup('uniform', [one.checkpoint, two.checkpoint])) as Extract<Knowledge, { kind: 'measured' }>
  expect(between).toMatchObject({
    kind: 'measured',
    gain: { split: 'id', n: 6 },
    outside: { of: 'project', classes: 3, n: 30, before: one.knowledge.outside!.before },
    texts: { n: 30, before: one.knowledge.texts!.before },
  })
  // At the end of a line, the soup is the tuned model, and kept what that kept; the other end came from the same base.
  const zero = await of('zero', 'zero-shot')
  expect(await soup('wise-ft', [zero.checkpoint, one.checkpoint], '--set', 'alpha=1')).toEqual(one.knowledge)
  expect(await soup('uniform', [unmeasured.checkpoint, unmeasured.checkpoint])).toBeUndefined()
  expect(await soup('uniform', [unmeasured.checkpoint, one.checkpoint])).toMatchObject({ kind: 'measured' })
  expect(await soup('uniform', [one.checkpoint, two.checkpoint], '--no-forgetting')).toBeUndefined()
  const probes = [await of('p', 'lp', '--set', 'cCount=2'), await of('q', 'lp', '--set', 'cCount=3')]
  expect(
    await soup(
      'uniform',
      probes.map((p) => p.checkpoint),
    ),
  ).toEqual({ kind: 'unchanged' })
  // Probes of two models left alone what each of them began with, which is not the same.
  const on = (model: string) => of(`on ${path.basename(model)}`, 'lp', '--set', 'cCount=2', '--model', model)
  const [p, q] = [await on(one.checkpoint), await on(two.checkpoint)]
  expect(q.knowledge).toEqual({ kind: 'unchanged' })
  expect(await soup('uniform', [p.checkpoint, q.checkpoint])).toMatchObject({ outside: { after: between.outside!.after } })
})

test('a large loss is warned of with its cures; a small one, or a gain, is not', () => {
  const change = { n: 100, before: 0.6, after: 0.4, change: -0.2, interval: [-0.28, -0.12] as [number, number] }
  const outside = { of: 'pictographs' as const, classes: 64 }
  const said = knowledgeText({ kind: 'measured', outside: { ...outside, ...change } })
  expect(said).toContain('−20.0')
  for (const cure of ['lp-ft', 'lora', 'wise-ft']) expect(said).toContain(cure)
  expect(knowledgeText({ kind: 'measured', outside: { ...outside, ...change, interval: [-0.28, -0.04] } })).not.toContain('forgotten')
  expect(knowledgeText({ kind: 'measured', gain: { split: 'id', ...change } })).not.toContain('forgotten')
})

test('the order of words is measured by captions with tied phrases, and chance is said', async () => {
  const evaluate = (...more: string[]) =>
    dashi('evaluate', '--project', project, '--checkpoint', TINY_CLIP, '--device', 'cpu', '--task', 'word-order', ...more)
  const { splits } = document<{ splits: Record<string, { n: number; swaps: number; pairs: { n: number } }> }>(await evaluate('--json'))
  expect(splits['other']).toMatchObject({ n: 30, swaps: 30, pairs: { n: 225 } })
  const { stdout } = await evaluate()
  expect(stdout).toMatch(/^other +30 +30 +\d+\.\d/m)
  expect(stdout).toContain('By chance: own caption nearer 50; text 25, image 25, group 16.7')
  const { code, stderr } = await evaluate('--split', 'train')
  expect([code, stderr]).toEqual([2, expect.stringContaining('no accepted caption has two phrases')])
})
