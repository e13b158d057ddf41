import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { shapesProject, terminal } from './terminal.ts'

let project: string
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  const dir = temporaryFolder()
  project = await shapesProject(dir)
  dashi = await terminal(path.join(dir, 'cache'))
})
const sweep = (...options: string[]) => dashi('sweep', '--project', project, '--device', 'cpu', ...options)
const few = ['--recipe', 'lp', '--set', 'cCount=2', 'shots=1,2', '--seeds', '2', '--name', 'few']

test('a sweep of which a run fails goes on with the others, and later with that one, by the same command', async () => {
  const taken = path.join(project, 'checkpoints', 'few-shots=1-seed=1')
  const first = sweep('--json', ...few)
  const begun = (name: string) => name.startsWith('few-shots=1-seed=0')
  await expect.poll(() => fs.readdirSync(path.join(project, 'checkpoints')).some(begun)).toBe(true) // its folders are chosen by now
  fs.mkdirSync(taken, { recursive: true }) // before its turn has come
  fs.writeFileSync(path.join(taken, 'notes.txt'), 'mine')
  const { code, stdout, stderr } = await first
  expect(code, stderr).toBe(0)
  expect(stderr).toMatch(/^few shots=1 seed=1 failed: /m)
  const answer = JSON.parse(stdout) as { runs: { name: string; status: string }[]; rows: { point: object; done: number }[] }
  expect(answer.runs.map((r) => [r.name, r.status])).toEqual([
    ['few shots=1 seed=0', 'done'],
    ['few shots=2 seed=0', 'done'],
    ['few shots=1 seed=1', 'failed'],
    ['few shots=2 seed=1', 'done'],
  ])
  expect(answer.rows.map((r) => [r.point, r.done])).toEqual([
    [{ shots: 1 }, 1],
    [{ shots: 2 }, 2],
  ])

  fs.rmSync(taken, { recursive: true })
  const again = await sweep(...few)
  expect(again.stderr).toContain('"few" goes on: 3 of its 4 runs are done.')
  expect(again.stdout).toMatch(/^shots +runs +id % +ood % +heldOut % +val % +train %/m)
  expect(again.stdout).toMatch(/^ *[12] +2\/2 .*\d+\.\d ± \d+\.\d/m)
  expect(again.stdout).toContain(path.join('checkpoints', 'few-shots=1-seed=1'))
})

test('what a sweep answers with can be blended as it is', async () => {
  const { stdout } = await sweep('--json', '--preset', 'lr', '--recipe', 'ft', '--set', 'epochs=1', 'batchSize=6', 'lr=1e-4,1e-5')
  const { checkpoints, best, name } = JSON.parse(stdout) as { checkpoints: string[]; best: { checkpoint: string }; name: string }
  expect([name, checkpoints.length]).toEqual(['ft lr', 2])
  expect(checkpoints).toContain(best.checkpoint)
  const out = path.join(project, 'checkpoints', 'soup')
  const soup = await dashi('merge', '--method', 'greedy', '--project', project, '--device', 'cpu', '--out', out, ...checkpoints)
  expect(soup.code, soup.stderr).toBe(0)
})

test.each([
  ['axis lrr: recipe ft has no such setting', ['--recipe', 'ft', '--set', 'lrr=1,2']],
  ['recipe ft: lr: ', ['--recipe', 'ft', '--set', 'lr=1e-4,high']],
  ['axis lr: expected values, or log:FROM:TO', ['--recipe', 'ft', '--set', 'lr=log:1e-6']],
  ['axis lr: expected values, or log:FROM:TO', ['--recipe', 'ft', '--set', 'lr=1e-4,']],
  ['axis lr: expected 0 < FROM < TO, found 0 … 1', ['--recipe', 'ft', '--set', 'lr=log:0:1']],
  ['expected key=value', ['--recipe', 'ft', '--set', 'lr']],
  ['--seeds: expected how many', ['--recipe', 'ft', '--seeds', 'two']],
  ['--draws: expected how many', ['--recipe', 'ft', '--draws', '0']],
  ['halving.eta: ', ['--recipe', 'ft', '--set', 'lr=1,2', '--halving', '1']],
  ['nothing is varied', ['--recipe', 'ft']],
  ['unknown preset "soups": there are soup, few-shot, lr', ['--preset', 'soups']],
  ['expected --recipe or --preset', ['--seeds', '3']],
])('bad input is one line: %s', async (said, options) => {
  const { code, stdout, stderr } = await sweep(...options)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(said)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})
