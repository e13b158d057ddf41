import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { listRuns, openProject } from '../../../src-main/app/projects/index.ts'
import { filesOf, TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { runProgram, start } from '../../helpers/programs.ts'
import { fill, removeDevice, smallDevice } from '../../helpers/small-device.ts'
import { shapesProject } from './terminal.ts'

// The terminal as a process of its own: what only shows there.
let dir: string
let project: string
beforeAll(async () => {
  dir = temporaryFolder()
  project = await shapesProject(dir)
})
const dashi = (...argv: string[]) => runProgram('cli', argv, { env: { DASHI_CACHE: path.join(dir, 'cache') } })
const training = (name: string, ...settings: string[]) => [
  'train',
  '--project',
  project,
  '--recipe',
  'ft',
  '--model',
  TINY_CLIP,
  '--device',
  'cpu',
  '--name',
  name,
  '--json',
  '--set',
  'batchSize=4',
  ...settings,
]

test('answers with one document, and ends by itself', async () => {
  const { code, stdout, stderr } = await dashi(
    'train',
    '--project',
    project,
    '--recipe',
    'zero-shot',
    '--model',
    TINY_CLIP,
    '--device',
    'cpu',
    '--json',
  )
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ device: 'cpu', metrics: { id: expect.any(Number) as number } })
})

test('help and version are answers, but no document', async () => {
  const pages = [
    [['--version'], /^\d+\.\d+\.\d+\n$/],
    [['--help'], /^Usage: dashi /],
    [['help', 'train'], /--recipe/],
    [['train', '--help'], /--recipe/],
  ] as const
  for (const [argv, page] of pages)
    expect(await dashi(...argv)).toMatchObject({ code: 0, stdout: expect.stringMatching(page) as string, stderr: '' })
  expect(await dashi('train', '--help', '--json')).toMatchObject({ code: 0, stdout: '' })
})

test('exits with 2 where the input is at fault, from this thread and from the engine’s', async () => {
  for (const [argv, why] of [
    [['embed', '--model', path.join(dir, 'pictures'), '--text', 'a'], /pictures: expected model\.safetensors/],
    [['evaluate', '--project', project, '--checkpoint', path.join(dir, 'nowhere'), '--device', 'cpu'], /nowhere: not found/],
    [['evaluate', '--project'], /argument missing/],
  ] as const) {
    const { code, stdout, stderr } = await dashi(...argv)
    expect(stderr).toMatch(new RegExp(`^dashi: .*${why.source}.*\n$`))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  }
})

test('stopped by Ctrl+C it says so and exits with 130, and the same command resumes', async () => {
  const whole = await dashi(...training('whole', 'epochs=40'))
  expect(whole.code, whole.stderr).toBe(0)
  const state = path.join(project, 'checkpoints/stopped.run/state.safetensors')
  const child = await start('cli', training('stopped', 'epochs=40'), {
    env: { DASHI_CACHE: path.join(dir, 'cache') },
    onLine: (line) => line.includes('training') && child.kill('SIGINT'),
  })
  const stopped = await child.ended
  expect(stopped).toMatchObject({ code: 130, signal: null, stdout: '' })
  expect(stopped.stderr).toMatch(/\ndashi: cancelled\n$/)
  expect(fs.existsSync(state)).toBe(true)
  const again = await dashi(...training('stopped', 'epochs=40'))
  expect(again.code, again.stderr).toBe(0)
  const { checkpoint, ...document } = JSON.parse(whole.stdout) as Record<string, unknown>
  expect(JSON.parse(again.stdout)).toEqual({
    ...document,
    checkpoint: String(checkpoint).replace('whole', 'stopped'),
    seconds: expect.any(Number) as number,
  })
  const opened = openProject(project, { readOnly: true })
  expect(
    listRuns(opened, 'train')
      .slice(0, 2)
      .map((run) => run.status),
  ).toEqual(['done', 'cancelled'])
  opened.close()
})

test.each(['SIGTERM', 'SIGHUP'] as const)('stopped by %s it saves its state as well', async (signal) => {
  const child = await start('cli', training(signal, 'epochs=400'), {
    env: { DASHI_CACHE: path.join(dir, 'cache') },
    onLine: (line) => line.includes('training') && child.kill(signal),
  })
  expect(await child.ended).toMatchObject({ code: 130, signal: null, stdout: '' })
  expect(filesOf(path.join(project, `checkpoints/${signal}.run`))).toHaveProperty('state.safetensors')
})

/**
 * The project's files, copied there: what this process itself had open on the device (a database whose statements are yet to be
 * collected) could give back pages at any moment, and the device would not be full any more.
 */
function projectOn(device: string): string {
  const to = path.join(device, 'project')
  fs.cpSync(project, to, { recursive: true, filter: (file) => path.basename(file) !== 'checkpoints' })
  return to
}

describe('with no space left on the device', () => {
  test('leaves the old state intact, says so in one line, and succeeds once there is space', async ({ skip }) => {
    const device = smallDevice(path.join(dir, 'device'))
    if (!device) return skip()
    try {
      const small = projectOn(device)
      const train = (...more: string[]) =>
        dashi(
          'train',
          '--project',
          small,
          '--recipe',
          'ft',
          '--model',
          TINY_CLIP,
          '--device',
          'cpu',
          '--name',
          'model',
          '--json',
          '--set',
          'epochs=2',
          'batchSize=4',
          ...more,
        )
      const merge = () => dashi('merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', path.join(device, 'soup'))
      expect((await train()).code).toBe(0)
      expect((await merge()).code).toBe(0)
      const old = filesOf(path.join(small, 'checkpoints'))
      const soup = filesOf(path.join(device, 'soup'))

      // Too little for a checkpoint of 200 kB; the project's own database finds its few pages.
      const ballast = path.join(device, 'ballast')
      const { bavail, bsize } = fs.statfsSync(device)
      fs.writeFileSync(ballast, Buffer.alloc(bavail * bsize - 120_000))
      for (const [{ code, stdout, stderr }, kept] of [
        [await train('lr=0.01'), 'nothing of this training was kept'],
        [await merge(), 'nothing was changed'],
      ] as const) {
        expect(stderr).toMatch(
          new RegExp(`(^|\\n)dashi: \\S*(model|soup)\\S*: cannot be written: no space left on the device; ${kept}\\n$`),
        )
        expect(stderr.match(/dashi: /g)).toHaveLength(1)
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      }
      expect(filesOf(path.join(device, 'soup'))).toEqual(soup)
      expect(filesOf(path.join(small, 'checkpoints'))).toMatchObject(old)
      expect(Object.keys(filesOf(device)).filter((name) => name.endsWith('.part'))).toEqual([])

      fs.rmSync(ballast)
      expect((await train('lr=0.01')).code).toBe(0)
      expect(filesOf(path.join(small, 'checkpoints'))).toMatchObject(old) // another one beside the first
      expect(filesOf(path.join(small, 'checkpoints/model-2'))).toHaveProperty('model.safetensors')
    } finally {
      removeDevice(device)
    }
  })

  test('not even for the project’s database: what needs only the features’ cache goes on without it', async ({ skip }) => {
    const device = smallDevice(path.join(dir, 'device'))
    if (!device) return skip()
    try {
      const small = projectOn(device)
      const full = (...argv: string[]) => {
        fill(path.join(device, 'ballast'))
        return runProgram('cli', argv, { env: { DASHI_CACHE: path.join(device, 'cache') } })
      }
      const evaluated = await full('evaluate', '--project', project, '--checkpoint', TINY_CLIP, '--device', 'cpu')
      expect(evaluated.code, evaluated.stderr).toBe(0)
      for (const argv of [
        ['train', '--project', small, '--recipe', 'zero-shot', '--model', TINY_CLIP, '--device', 'cpu'],
        ['project', 'create', path.join(device, 'other')],
      ]) {
        const { code, stdout, stderr } = await full(...argv)
        expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^dashi: .*(no space left|disk is full)/)
        expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      }
    } finally {
      removeDevice(device)
    }
  })
})
