import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { runProgram } from '../../helpers/programs.ts'

const dir = temporaryFolder()
const dashi = (...argv: string[]) => runProgram('cli', [...argv, '--json'], { env: { DASHI_CACHE: path.join(dir, 'cache') } })
const at = (name: string) => path.join(dir, name)

test('import and export take what the formats leave open: the first pixel, the states, the rows of YOLO', async () => {
  const voc =
    '<annotation><filename>a.png</filename><size><width>40</width><height>30</height></size><object><name>cat</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>12</xmax><ymax>13</ymax></bndbox></object></annotation>'
  fs.mkdirSync(at('voc'))
  fs.writeFileSync(at('voc/a.xml'), voc)
  const project = createProject(at('project'), { user: 'ann' })
  addRecords(project, [
    {
      fileName: 'b.png',
      width: 40,
      height: 30,
      regions: [
        {
          label: 'cat',
          state: 'proposed',
          shape: { kind: 'polygon', parts: [[[1, 1, 20, 1, 20, 20]]] },
          author: { kind: 'checkpoint', checkpoint: 'm', score: 0.5 },
        },
      ],
    },
  ])
  project.close()
  expect(await dashi('import', at('voc'), '--project', at('project'), '--base', '0')).toMatchObject({ code: 0 })

  const rows = async (name: string, ...options: string[]) => {
    const { code, stderr } = await dashi('export', at(name), '--project', at('project'), '--format', 'yolo', '--no-images', ...options)
    expect(code, stderr).toBe(0)
    return ['a', 'b'].map(
      (n) =>
        fs
          .readFileSync(at(`${name}/labels/all/${n}.txt`), 'utf8')
          .trim()
          .split(/\s+/).length,
    )
  }
  expect(await rows('boxes', '--states', 'accepted,proposed', '--task', 'detect')).toEqual([5, 5])
  expect(await rows('outlines', '--states', 'accepted, proposed', '--task', 'segment')).toEqual([9, 7])
  expect((await dashi('export', at('coco'), '--project', at('project'), '--format', 'coco', '--no-images')).code).toBe(0)
  const { annotations } = JSON.parse(fs.readFileSync(at('coco/annotations/instances_default.json'), 'utf8')) as {
    annotations: { bbox: number[] }[]
  }
  expect(annotations.map((a) => a.bbox)).toEqual([[2, 3, 10, 10]])

  for (const [options, why] of [
    [['--states', 'good'], /--states/],
    [['--task', 'classify'], /--task/],
    [['--base', '2'], /--base/],
  ] as const) {
    const { code, stderr } = await dashi('export', at('never'), '--project', at('project'), '--format', 'yolo', ...options)
    expect([code, stderr.trim().split('\n').length]).toEqual([2, 1])
    expect(stderr).toMatch(why)
  }
})
