/** `dashi labels …`: the label set as a file, and labels changed over the whole project, in a terminal. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { undoChange } from '../../../src-main/app/annotations/index.ts'
import { addRecords, createProject, listLabels, openProject } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { terminal } from './terminal.ts'

let dir: string
let dashi: Awaited<ReturnType<typeof terminal>>
const at = () => join(dir, 'p')
beforeAll(async () => {
  dir = temporaryFolder()
  dashi = await terminal(join(dir, 'cache'))
  const project = createProject(at(), { user: 'ann' })
  const box = (x: number) => ({ kind: 'box' as const, x, y: 1, w: 5, h: 5 })
  addRecords(project, [
    {
      fileName: 'a.jpg',
      regions: [
        { label: 'car', shape: box(1), attributes: { colour: 'red' } },
        { label: 'auto', shape: box(9) },
      ],
    },
    { fileName: 'b.jpg', labels: [{ label: 'car' }], regions: [{ label: 'car', shape: box(1) }] },
  ])
  project.close()
})
const names = () => {
  const project = openProject(at(), { readOnly: true })
  const found = listLabels(project).map((l) => l.name)
  project.close()
  return found
}
const undo = () => {
  const project = openProject(at())
  undoChange(project)
  project.close()
}
const json = async (...argv: string[]) => {
  const { code, stdout, stderr } = await dashi(...argv, '--project', at(), '--json')
  expect(stderr).toBe('')
  expect(code).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('labels', () => {
  test('are listed, renamed, merged and divided; --dry-run only says what would be, and one undo takes it back', async () => {
    expect(await json('labels', 'list')).toMatchObject([
      { name: 'car', regions: 2, images: 1 },
      { name: 'auto', regions: 1, images: 0 },
    ])
    expect(await json('labels', 'rename', 'car', 'motor car', '--dry-run')).toMatchObject({
      regions: 2,
      imageLabels: 1,
      images: 2,
      applied: false,
    })
    expect(names()).toEqual(['car', 'auto'])
    expect(await json('labels', 'merge', 'auto', '--into', 'car')).toMatchObject({ regions: 1, removed: ['auto'], applied: true })
    expect(names()).toEqual(['car'])
    undo()
    expect(await json('labels', 'split', 'car', 'red car', '--attribute', 'colour=red')).toMatchObject({
      regions: 1,
      images: 1,
      effects: [{ label: 'red car', fresh: true }],
    })
    expect(names()).toEqual(['car', 'auto', 'red car'])
    undo()
    expect(names()).toEqual(['car', 'auto'])
    expect((await dashi('labels', 'merge', 'auto', '--into', 'car', '--dry-run', '--project', at())).stdout).toMatch(
      /1 region and 0 image labels on 1 image would change\n {2}car: 1 region, 0 image labels\n {2}gone: auto/,
    )
  })

  test('go to a file and come from one', async () => {
    const file = join(dir, 'labels.json')
    expect(await json('labels', 'export', file)).toEqual({ file, labels: 2 })
    const schema = JSON.parse(readFileSync(file, 'utf8')) as { labels: { name: string; attributes: unknown[] }[] }
    expect(schema).toMatchObject({
      format: 'dashi-labels',
      version: 1,
      labels: [{ name: 'car', parent: null, attributes: [] }, { name: 'auto' }],
    })
    schema.labels[0]!.attributes.push({ type: 'number', name: 'doors' })
    writeFileSync(file, JSON.stringify({ ...schema, labels: [...schema.labels, { name: 'truck', parent: 'car' }] }))
    expect(await json('labels', 'import', file, '--dry-run')).toMatchObject({
      added: ['truck'],
      changed: [{ name: 'car', fields: ['attributes'] }],
      applied: false,
    })
    expect(names()).toEqual(['car', 'auto'])
    expect(await json('labels', 'import', file)).toMatchObject({ added: ['truck'], applied: true })
    expect(names()).toEqual(['car', 'auto', 'truck'])
    undo()
  })

  test('get one line on what is wrong, and exit code 2', async () => {
    const bad = join(dir, 'bad.json')
    writeFileSync(bad, '{"format":"dashi-labels","version":1,"labels":[{"name":"a","colour":"red"}]}')
    const taken = join(dir, 'taken.json')
    writeFileSync(taken, '{}')
    for (const [argv, why] of [
      [['rename', 'bus', 'x'], /^dashi: labels: the project has no label "bus"$/],
      [['rename', 'car', 'auto'], /merge into it instead$/],
      [['merge', 'car', '--into', 'car'], /cannot be merged into itself$/],
      [['merge', 'car'], /required option '--into <label>' not specified$/],
      [['split', 'car', 'x'], /expected an attribute, a tag or a kind of shape$/],
      [['split', 'car', 'x', '--attribute', 'colour'], /--attribute: expected NAME=VALUE, not "colour"$/],
      [['split', 'car', 'x', '--shape', 'round'], /^dashi: labels: parts.0.where.kind: /],
      [['split', 'car'], /missing required argument 'name'$/],
      [['import', join(dir, 'none.json')], /none\.json: no such file or folder$/],
      [['import', bad], /bad\.json: labels\.0\.colour: expected a colour such as #1f77b4$/],
      [['import', dir], /cannot be read/],
      [['export', taken], /taken\.json: already exists/],
    ] as const) {
      const { code, stdout, stderr } = await dashi('labels', ...argv, '--project', at())
      expect([code, stdout, stderr.trimEnd().split('\n').length], stderr).toEqual([2, '', 1])
      expect(stderr.trimEnd()).toMatch(why)
    }
    expect(names()).toEqual(['car', 'auto'])
    expect(existsSync(join(dir, 'none.json'))).toBe(false)
  })
})
