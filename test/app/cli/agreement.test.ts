/** `dashi project agreement`: two authors held against one another in a terminal. */
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Author } from '#shared/model/author.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { terminal } from './terminal.ts'

let dashi: Awaited<ReturnType<typeof terminal>>
let at: string
beforeAll(async () => {
  const dir = temporaryFolder()
  dashi = await terminal(join(dir, 'cache'))
  at = join(dir, 'p')
  const by = (name: string): { author: Author } => ({ author: { kind: 'person', name } })
  const box = (w: number) => ({ kind: 'box' as const, x: 0, y: 0, w, h: 10 })
  const project = createProject(at, { user: 'ann' })
  addRecords(project, [
    {
      fileName: 'a.jpg',
      width: 50,
      height: 50,
      regions: [
        { label: 'cat', shape: box(10), ...by('ann') },
        { label: 'cat', shape: box(8), ...by('bo') },
      ],
      labels: [
        { label: 'cat', ...by('ann') },
        { label: 'dog', ...by('bo') },
      ],
    },
  ])
  project.close()
})

test('says how far they agree, as lines and as JSON, with the disagreements where asked for', async () => {
  const { code, stdout } = await dashi('project', 'agreement', at, '--list')
  expect(code).toBe(0)
  expect(stdout).toContain('1 matched at IoU 0.5, mean IoU 0.800, F1 1.000')
  expect(stdout).toContain('image classes: κ 0.000 over 1 images')
  expect(stdout).toContain('class  a.jpg: cat | dog')
  const json = JSON.parse((await dashi('project', 'agreement', at, '--between', 'bo', 'ann', '--iou', '0.9', '--list', '--json')).stdout)
  expect(json).toMatchObject({
    a: { name: 'bo' },
    regions: { matched: 0, lowIou: 1 },
    list: [{ kind: 'iou' }, { kind: 'class', labelsA: ['dog'] }],
  })
})

test.each([
  [['--between', 'ann', 'cy'], 'nobody named "cy" annotated here ("ann", "bo")'],
  [['--between', 'ann'], '--between: expected two authors, not 1'],
  [['--between', 'ann', 'ann'], 'agreement: choose two different authors; both are "ann"'],
  [['--iou', 'half'], 'project agreement: --iou: '],
  [['--iou', '2'], 'project agreement: --iou: '],
  [['--images', 'all'], 'project agreement: --images: '],
])('%j is answered by a line that names what is wrong', async (more, line) => {
  const { code, stderr } = await dashi('project', 'agreement', at, ...more)
  expect([code, stderr]).toEqual([2, expect.stringContaining(line)])
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
