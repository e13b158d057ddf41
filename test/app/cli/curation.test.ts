import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { pictures } from '../curation/helpers.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { type Said, terminal } from './terminal.ts'

const dir = temporaryFolder()
const project = path.join(dir, 'project')
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  const names = await pictures(path.join(dir, 'images'))
  const made = createProject(project, { user: 'ann' })
  addRecords(
    made,
    names.map((fileName, i) => ({ fileName, labels: [{ label: i % 2 ? 'odd' : 'even' }] })),
    { root: path.join(dir, 'images') },
  )
  made.close()
  dashi = await terminal(path.join(dir, 'cache'))
})
const document = ({ code, stdout, stderr }: Said): Record<string, unknown> => {
  expect(code, stderr).toBe(0)
  expect(stdout.indexOf('\n')).toBe(stdout.length - 1)
  return JSON.parse(stdout) as Record<string, unknown>
}
const info = async () => document(await dashi('project', 'info', project, '--json'))

describe('dedup', () => {
  test('names the groups, of each what to keep', async () => {
    expect(document(await dashi('dedup', '--project', project, '--method', 'phash', '--json'))).toMatchObject({
      images: 10,
      duplicates: 2,
      unreadable: 1,
      applied: null,
      changed: 0,
      groups: [
        {
          by: ['phash'],
          keep: [expect.stringMatching(/one-0|copy/) as string],
          duplicates: [expect.stringMatching(/one-0|copy/) as string],
        },
        {
          by: ['phash'],
          keep: [expect.stringMatching(/one-1|small/) as string],
          duplicates: [expect.stringMatching(/one-1|small/) as string],
        },
      ],
    })
  })

  test('tags, or removes from the project', async () => {
    expect(document(await dashi('dedup', '--project', project, '--method', 'exact', '--apply', 'tag', '--json'))).toMatchObject({
      applied: 'tag',
      changed: 1,
    })
    const { stdout } = await dashi('dedup', '--project', project, '--method', 'exact', '--apply', 'remove')
    expect(stdout).toMatch(/10 images, 1 groups, 1 duplicates; 1 removed from the project/)
    expect((await info())['media']).toBe(10)
  })

  test.each([
    [['--method', 'luck'], /--method/],
    [['--method', 'phash', '--threshold', 'few'], /expected a number/],
    [['--method', 'phash', '--threshold', '40'], /--hamming/],
    [['--threshold', '3'], /--threshold: needs --method/],
    [['--apply', 'burn'], /expected tag or remove/],
  ])('%j is refused in one line', async (options, message) => {
    const { code, stdout, stderr } = await dashi('dedup', '--project', project, ...options, '--json')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(message)
  })
})

describe('split', () => {
  const split = (...options: string[]) => dashi('split', '--project', project, ...options)

  test('says what would be, then does it', async () => {
    const shares = ['--train', '0.5', '--val', '0.2', '--held-out', '0.2', '--share', 'ood=0.1']
    const dry = document(await split(...shares, '--dry-run', '--json'))
    expect(dry).toMatchObject({ images: 10, applied: false, changed: 0, changes: 10 })
    expect((await info())['splits']).toEqual({})
    const done = document(await split(...shares, '--json'))
    expect(done).toEqual({ ...dry, applied: true, changed: 10 })
    expect((await info())['splits']).toEqual({ train: 5, val: 2, heldOut: 2, ood: 1 })
  })

  test('for a person is a table with what could not be met', async () => {
    const { stdout } = await split('--train', '0.7', '--test', '0.3', '--by-group', 'folder')
    expect(stdout).toMatch(/train +\d+ +\d+\.\d% +70\.0%/)
    expect(stdout).toMatch(/groups kept together/)
  })

  test.each([
    [[], /give the shares/],
    [['--train', '0.5'], /sum to 1/],
    [['--train', 'most'], /expected a number/],
    [['--train', '0.5', '--share', 'x'], /expected NAME=SHARE/],
    [['--train', '1', '--by-group', 'moon'], /--by-group: .*folder/],
  ])('%j is refused in one line', async (options, message) => {
    const { code, stderr } = await split(...options, '--json')
    expect(code).toBe(2)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(message)
  })
})
