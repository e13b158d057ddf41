/** A run from the terminal looks at its images first, says how many it leaves out, and writes down which. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { type Said, shapesProject, terminal } from './terminal.ts'

let dir: string
let project: string
let dashi: Awaited<ReturnType<typeof terminal>>
let pictures: string[]
const whole = new Map<string, Buffer>()
/** In each split some; cut off, empty, text, gone. */
let bad: string[]

beforeAll(async () => {
  dir = temporaryFolder()
  project = await shapesProject(dir)
  dashi = await terminal(path.join(dir, 'cache'))
  pictures = fs
    .readdirSync(path.join(dir, 'pictures'), { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.png'))
    .sort()
  bad = [1, 4, 7, 10].map((i) => pictures[Math.floor((i * pictures.length) / 12)]!)
  bad.forEach((name, i) => {
    const file = path.join(dir, 'pictures', name)
    whole.set(name, fs.readFileSync(file))
    if (i === 3) fs.rmSync(file)
    else fs.writeFileSync(file, [whole.get(name)!.subarray(0, 90), '', 'text'][i]!)
  })
})

const document = ({ code, stdout, stderr }: Said) => {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown> & { leftOut?: { file: string; reason: string }[]; checkpoint: string }
}
const train = (...options: string[]) =>
  dashi('train', '--project', project, '--recipe', 'lp', '--model', TINY_CLIP, '--device', 'cpu', '--set', 'cCount=2', ...options)

test('says what it leaves out, in words, in the document and in the record; the next one says the same', async () => {
  const said = await train('--json')
  expect(said.stderr).toContain('leaves out 4 unreadable images: ')
  const { leftOut, checkpoint } = document(said)
  expect(leftOut!.map((l) => l.file).sort()).toEqual(bad)
  expect((JSON.parse(fs.readFileSync(path.join(checkpoint, 'dashi.json'), 'utf8')) as { leftOut: unknown }).leftOut).toEqual(leftOut)
  const again = document(await train('--json'))
  expect([again.leftOut, again['loss'], again['metrics']]).toEqual([leftOut, document(said)['loss'], document(said)['metrics']])
  expect((await train()).stdout).toContain('leaves out 4 unreadable images')
})

test('the project says how many there are', async () => {
  expect(document(await dashi('project', 'info', project, '--json'))).toMatchObject({ unreadable: 4 })
})

test('evaluating and blending leave them out too', async () => {
  const [a, b] = [document(await train('--json', '--name', 'a')), document(await train('--json', '--seed', '1', '--name', 'b'))]
  expect(document(await dashi('evaluate', '--project', project, '--checkpoint', a.checkpoint, '--json')).leftOut).toHaveLength(4)
  expect(
    document(
      await dashi(
        'merge',
        '--method',
        'uniform',
        '--project',
        project,
        '--out',
        path.join(dir, 'soup'),
        '--json',
        a.checkpoint,
        b.checkpoint,
      ),
    ).leftOut,
  ).toHaveLength(4)
})

test('files that were put right are in the next run, without being asked for', async () => {
  for (const [name, bytes] of whole) fs.writeFileSync(path.join(dir, 'pictures', name), bytes)
  const said = await train('--json')
  expect(said.stderr).not.toContain('leaves out')
  expect(document(said).leftOut).toBeUndefined()
  expect(document(await dashi('project', 'look', project, '--json'))).toMatchObject({ unreadable: 0, images: [] })
})

test('if none is left, the run ends with one line saying so', async () => {
  for (const name of pictures) fs.writeFileSync(path.join(dir, 'pictures', name), 'text')
  const { code, stderr } = await train('--json')
  expect(code).toBe(2)
  expect(stderr).toMatch(/that can be read \(\d+ cannot: .*: not an image/)
})

test('an import says which images cannot be read, and which files are none', async () => {
  const folder = path.join(dir, 'to import')
  for (const [name, content] of Object.entries({
    'cat/a.png': [...whole.values()][0]!,
    'cat/cut.png': [...whole.values()][0]!.subarray(0, 90),
    'dog/text.jpg': 'text',
    'dog/b.png': [...whole.values()][1]!,
    'dog/film.mov': 'film',
  })) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), content)
  }
  const other = path.join(dir, 'other')
  document(await dashi('project', 'create', other, '--json'))
  const report = document(await dashi('import', folder, '--project', other, '--json'))
  expect(report).toMatchObject({
    images: 4,
    unreadableImages: 2,
    skipped: [{ ending: 'mov', files: 1, example: 'dog/film.mov', reason: expect.stringContaining('video') as string }],
  })
  expect((report['unreadable'] as { file: string }[]).map((u) => u.file)).toEqual(['cat/cut.png', 'dog/text.jpg'])
  const { stdout } = await dashi('import', folder, '--project', other)
  expect(stdout).toMatch(/2 images of .* cannot be read/)
  expect(document(await dashi('import', folder, '--project', other, '--no-check', '--json'))).toMatchObject({
    unreadable: [],
    unreadableImages: 0,
  })
})
