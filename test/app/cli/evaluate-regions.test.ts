/** `dashi evaluate --task detect|segment`: every number of COCO of a project's splits, for scripts and for people. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { metricsOf } from '../../../src-main/engine/metrics/index.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { terminal } from './terminal.ts'

let project: string
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  const dir = temporaryFolder()
  dashi = await terminal(path.join(dir, 'cache'))
  const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
  const created = createProject(path.join(dir, 'project'), { name: 'scenes', user: 'ann' })
  fs.writeFileSync(path.join(dir, 'a.png'), Buffer.from(pictures['large']!.file, 'base64'))
  const regions = [10, 40, 97].map((side) => ({
    label: side > 30 ? 'cat' : 'dog',
    shape: { kind: 'polygon' as const, parts: [[[0, 0, side, 0, side, side, 0, side]]] },
  }))
  addRecords(created, [{ fileName: 'a.png', width: 150, height: 110, split: 'val', regions }], { root: dir })
  created.close()
  project = created.folder
})

test.each([
  ['detect', goldenPath('families/owlv2'), ''],
  ['segment', goldenPath('../models/clipseg'), 'mask-'],
] as const)('%s', async (task, checkpoint, kind) => {
  const evaluate = (...more: string[]) =>
    dashi('evaluate', '--project', project, '--checkpoint', checkpoint, '--task', task, '--device', 'cpu', ...more)
  const { code, stdout, stderr } = await evaluate('--json')
  expect(code, stderr).toBe(0)
  const { splits } = JSON.parse(stdout) as { splits: Record<string, Record<string, unknown>> }
  const numbers = [
    'ap',
    'ap50',
    'ap75',
    'ap-small',
    'ap-medium',
    'ap-large',
    'ar-1',
    'ar-10',
    'ar-100',
    'ar-small',
    'ar-medium',
    'ar-large',
  ]
  const found = splits['val']!
  expect(found).toMatchObject({ n: 1, regions: 3 })
  for (const number of numbers) expect(found[kind + number], number).toSatisfy((x) => typeof x === 'number' && x >= 0 && x <= 1)
  const dog = (found['labels'] as Record<string, unknown>[]).find(({ label }) => label === 'dog')!
  expect(dog).toHaveProperty(`${kind}ar-small`)
  expect(dog, 'a label without large regions').not.toHaveProperty(`${kind}ap-large`)

  const shown = (await evaluate()).stdout
  for (const { title } of metricsOf(task)) expect(shown).toMatch(new RegExp(`^${title.en} +[0-9.]+%$`, 'm'))
  const heading = shown.split('\n').find((line) => line.startsWith('label in val'))!
  expect(heading).toContain('AP50')
  expect(heading, 'by size only for the whole split').not.toContain('large')
})
