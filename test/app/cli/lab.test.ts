/** `dashi lab` compares prompts; `dashi propose --task masks` makes masks of boxes. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { addLabels, addRegions } from '../../../src-main/app/annotations/index.ts'
import { addRecords, createProject, findMedia, imageContent, listLabels, openProject } from '../../../src-main/app/projects/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const OWL = goldenPath('families/owlv2')
const SAM = goldenPath('../models/sam')
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const app = { nano: TINY_CLIP, cache: '', engine: { ask: answer } } as unknown as CliContext

let folder: string
beforeEach(() => {
  const dir = temporaryFolder()
  folder = path.join(dir, 'project')
  const sizes = { large: [150, 110], grey: [50, 45] } as const
  for (const name of Object.keys(sizes)) fs.writeFileSync(path.join(dir, `${name}.png`), Buffer.from(pictures[name]!.file, 'base64'))
  const project = createProject(folder, { user: 'ann' })
  addRecords(
    project,
    Object.entries(sizes).map(([name, [width, height]]) => ({ fileName: `${name}.png`, width, height })),
    { root: dir },
  )
  const [cat] = addLabels(project, [{ name: 'cat', prompts: ['house'] }, { name: 'dog' }])
  const [large, grey] = findMedia(project)
  addRegions(project, [
    { mediaId: large!.id, labelId: cat!.id, shape: { kind: 'box', x: 10, y: 10, w: 60, h: 60 } },
    { mediaId: grey!.id, labelId: cat!.id, shape: { kind: 'box', x: 2, y: 2, w: 8, h: 8 } },
  ])
  project.close()
})

async function dashi(...argv: string[]) {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  try {
    const code = await runCli([argv[0]!, '--project', folder, ...argv.slice(1)], async () => app)
    return { code, ...said }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
const lab = (...argv: string[]) => dashi('lab', '--model', OWL, '--label', 'cat', ...argv)
const promptsOfCat = () => {
  const project = openProject(folder)
  try {
    return listLabels(project).find((l) => l.name === 'cat')!.prompts
  } finally {
    project.close()
  }
}
interface Compared {
  rows: { prompts: string[]; scores: Record<string, number> }[]
  best: number
  saved: boolean
  images: object
}

test('a table of what the label has and of each set, and the best of them', async () => {
  const { code, stdout } = await lab('--words', 'cat', 'cat; bird')
  expect(code).toBe(0)
  expect(stdout).toContain('2 images with the label, 0 without')
  expect(stdout).toMatch(/^house \(in use\) +\d/m)
  expect(stdout).toMatch(/^cat; bird +\d/m)
  expect(stdout).toMatch(/^best: /m)
  expect(promptsOfCat()).toEqual(['house'])
})

test('--save keeps the best set, each set of words in each of templates; JSON by the usual flag', async () => {
  const { code, stdout } = await lab('--words', 'cat', 'bird', '--templates', '{}', 'a {}; the {}', '--save', '--json')
  expect(code).toBe(0)
  const { rows, best, saved, images } = JSON.parse(stdout) as Compared
  expect(images).toEqual({ with: 2, without: 0 })
  expect(rows.map((r) => r.prompts)).toEqual([
    ['house'],
    ['cat', '{}'],
    ['cat', 'a {}', 'the {}'],
    ['bird', '{}'],
    ['bird', 'a {}', 'the {}'],
  ])
  const scores = rows.map((r) => r.scores['ap']!)
  expect(scores[best]).toBe(Math.max(...scores))
  expect(saved).toBe(best > 0)
  expect(promptsOfCat()).toEqual(rows[best]!.prompts)
})

test.each([
  [[], 'lab: give --words, --templates or both'],
  [['--words', ';'], '--words: expected texts separated by semicolons, found ";"'],
  [['--words', 'a {}'], '--words: a text with {} is one of the --templates: "a {}"'],
  [['--templates', 'a photo'], '--templates: expected texts with {} in the place of the words, found "a photo"'],
  [['--words', ...'abcdefgh'], 'lab: 9 sets of prompts are more than the 8 that are compared at once'],
  [['--words', 'a', '--label', 'cow'], 'the project has no label "cow"'],
  [
    ['--words', 'a', '--task', 'segment'],
    'prompts are compared on images with accepted masks or outlines of the label, and "cat" has none',
  ],
])('lab %j is refused in one line', async (argv, line) => {
  const { code, stderr } = await lab(...argv)
  expect([code, stderr.replace(/^.*\r/s, '')]).toEqual([2, `dashi: ${line}\n`])
})

test('masks of the boxes that are there; the boxes stay', async () => {
  const { code, stdout } = await dashi('propose', '--model', SAM, '--task', 'masks', '--label', 'cat', '--json')
  expect(code).toBe(0)
  const report = JSON.parse(stdout) as { proposals: number; empty: number }
  expect(report).toMatchObject({ images: 2, boxes: 2, known: 0 })
  expect(report.proposals + report.empty).toBe(2)
  const project = openProject(folder)
  const kinds = findMedia(project).flatMap((m) => imageContent(project, m.id).regions.map((r) => r.shape.kind))
  project.close()
  expect(kinds.filter((k) => k === 'box')).toHaveLength(2)
  expect(kinds.filter((k) => k === 'mask')).toHaveLength(report.proposals)
  const refused = await dashi('propose', '--model', SAM, '--task', 'masks', '--text', 'cat')
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('of the boxes that there are: leave out --text') as string })
})

test('fresh proposals with masks of a second model', async () => {
  const { code, stdout } = await dashi(
    'propose',
    '--model',
    OWL,
    '--task',
    'segment',
    '--masks',
    SAM,
    '--text',
    'house',
    '--known',
    '1',
    '--most',
    '2',
    '--threshold',
    '0',
    '--json',
  )
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ images: 2, labels: { cat: expect.any(Number) as number } })
})
