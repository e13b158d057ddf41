/** `dashi propose`: what a model finds in many images becomes proposals. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { addLabel, addRegion, undoChange } from '../../../src-main/app/annotations/index.ts'
import {
  addRecords,
  createProject,
  findMedia,
  imageContent,
  listLabels,
  openProject,
  type Project,
} from '../../../src-main/app/projects/index.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const OWL = goldenPath('families/owlv2')
const app = { nano: TINY_CLIP, cache: '', engine: { ask: answer } } as unknown as CliContext
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
const SIZES = { large: [150, 110], '10:1': [120, 12], grey: [50, 45] } as const

let folder: string
beforeEach(() => {
  const dir = temporaryFolder()
  const images = path.join(dir, 'images')
  fs.mkdirSync(images)
  for (const name of Object.keys(SIZES))
    fs.writeFileSync(path.join(images, `${name.replace(':', '-')}.png`), Buffer.from(pictures[name]!.file, 'base64'))
  folder = path.join(dir, 'project')
  const project = createProject(folder, { name: 'scenes', user: 'ann' })
  const records = Object.entries(SIZES).map(([name, [width, height]]) => ({
    fileName: `${name.replace(':', '-')}.png`,
    width,
    height,
    split: name === 'grey' ? 'test' : 'train',
  }))
  addRecords(project, records, { root: images })
  project.close()
})

async function propose(...argv: string[]) {
  const said = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += String(text)
      return true
    }),
  )
  try {
    const code = await runCli(['propose', '--project', folder, '--model', OWL, '--json', ...argv], async () => app)
    return { code, ...said, report: (code === 0 ? JSON.parse(said.stdout) : {}) as Record<string, unknown> }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
function within<T>(use: (project: Project) => T): T {
  const project = openProject(folder)
  try {
    return use(project)
  } finally {
    project.close()
  }
}
const regions = () =>
  within((project) => findMedia(project).flatMap((m) => imageContent(project, m.id).regions.map((r) => ({ ...r, path: m.path }))))

test('boxes inside their images, proposed by the checkpoint with a score; one undo takes them all away', async () => {
  const { report } = await propose('--text', 'cat,house', '--threshold', '0.2', '--filter', 'split=train')
  const made = regions()
  expect(report).toMatchObject({ images: 2, proposals: made.length, known: 0, leftOut: [] })
  expect(made.length).toBeGreaterThan(2)
  const names = within((project) => new Map(listLabels(project).map((l) => [l.id, l.name])))
  for (const { shape, author, state, labelId, path: file } of made) {
    expect(['cat', 'house']).toContain(names.get(labelId!))
    expect([author.kind, state]).toEqual(['checkpoint', 'proposed'])
    expect(author).toMatchObject({ checkpoint: OWL, score: expect.toSatisfy((s: number) => s > 0.2 && s <= 1) as number })
    const [width, height] = file.startsWith('10-1') ? SIZES['10:1'] : SIZES.large
    if (shape.kind !== 'box') throw new Error('expected a box')
    expect(shape.x >= 0 && shape.y >= 0 && shape.x + shape.w <= width + 1e-9 && shape.y + shape.h <= height + 1e-9).toBe(true)
  }
  within((project) => undoChange(project))
  expect(regions()).toEqual([])
})

test('a second time nothing is proposed that is there, whoever drew it', async () => {
  await propose('--text', 'cat', '--threshold', '0')
  const before = regions()
  const { report } = await propose('--text', 'cat', '--threshold', '0')
  expect(report).toMatchObject({ proposals: 0, known: before.length })
  expect(regions()).toEqual(before)
})

test('the project’s labels are looked for by their prompts, if no words are given', async () => {
  expect(await propose()).toMatchObject({ code: 2, stderr: 'dashi: propose: the project has no labels: give --text\n' })
  within((project) => addLabel(project, { name: 'T1', prompts: ['house'] }))
  expect((await propose('--threshold', '0')).report['labels']).toMatchObject({ T1: expect.any(Number) as number })
  const byLabel = regions().map((r) => r.author)
  within((project) => undoChange(project))
  await propose('--threshold', '0', '--text', 'house')
  expect(regions().map((r) => r.author)).toEqual(byLabel)
})

test('an image that is gone is left out and named; the others are looked at', async () => {
  const gone = within((project) => {
    const [media] = findMedia(project)
    addRegion(project, { mediaId: media!.id, shape: { kind: 'box', x: 1, y: 1, w: 4, h: 4 } })
    return media!.path
  })
  fs.rmSync(path.join(folder, '..', 'images', gone))
  const { report, stderr } = await propose('--text', 'cat', '--threshold', '0')
  expect(report).toMatchObject({ images: 2, leftOut: [{ path: gone, reason: 'no such file' }] })
  expect(stderr).toContain(`${gone}: no such file\n`)
})

test('masks, by a model that makes them; and what is like an example, under the label that is given', async () => {
  const segment = ['--task', 'segment', '--model', goldenPath('../models/clipseg'), '--threshold', '0']
  within((project) => addLabel(project, { name: 'T1', prompts: ['cat'] }))
  const byWords = await propose(...segment, '--filter', 'split=test')
  expect(byWords).toMatchObject({ code: 0, report: { images: 1, proposals: 1, labels: { T1: 1 } } })
  expect(regions()).toMatchObject([{ path: 'grey.png', shape: { kind: 'mask' }, author: { prompt: 'cat' } }])
  const example = ['--example', 'large.png', '--region', '10,10,60,60', '--label', 'thing']
  const { report } = await propose(...example, '--filter', 'split=test')
  const boxes = regions().filter((r) => r.shape.kind === 'box')
  expect(boxes.length).toBe(report['proposals'])
  expect(boxes.length).toBeGreaterThan(0)
  expect(report).toMatchObject({ images: 1, labels: { thing: boxes.length } })
})

test.each([
  [['--text', ','], /^dashi: --text: expected words/],
  [['--text', 'cat', '--filter', 'split'], /^dashi: --filter: expected key=value, found "split"\n$/],
  [['--text', 'cat', '--filter', 'colour=red'], /^dashi: --filter: colour: there are labelIds, author/],
  [['--text', 'cat', '--filter', 'state=new'], /^dashi: --filter: state: /],
  [['--text', 'cat', '--example', 'grey.png'], /^dashi: preview: expected either --text or --example/],
  [['--example', 'no.png', '--label', 'thing'], /^dashi: --example: the project has no image no\.png\n$/],
  [['--example', 'grey.png'], /^dashi: propose: say which label/],
  [['--label', 'thing'], /^dashi: propose: --label is for/],
  [['--region', '1,2,3,4'], /--region is a part of the --example/],
  [['--text', 'cat', '--known', '2'], /^dashi: --known: expected a number from 0 to 1, found "2"\n$/],
  [['--text', 'cat', '--model', TINY_CLIP], /dashi: detect: a CLIP model cannot detect objects/],
])('%j is refused in one line', async (argv, line) => {
  const { code, stdout, stderr } = await propose(...argv)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr.replace(/^.*\r/s, '')).toMatch(line)
  expect(regions()).toEqual([])
})
