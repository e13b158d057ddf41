/** Trainings as jobs of a real Slurm of one node; left out where it cannot be set up. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobProgress } from '#shared/model/job.ts'
import { slurmSettings, type SlurmSettings } from '#shared/model/slurm.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { listRuns, openProject, type Project } from '../../../src-main/app/projects/index.ts'
import { startTraining } from '../../../src-main/app/training/train.ts'
import { engine } from '../../helpers/engine.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { program } from '../../helpers/programs.ts'
import { noSlurm, slurmCluster, type SlurmCluster } from '../../helpers/slurm.ts'
import { shapesProject, terminal } from '../cli/terminal.ts'

const obstacle = noSlurm()
if (obstacle) console.log(`The tests with a real Slurm are left out: ${obstacle}.`)

describe.skipIf(obstacle !== null)('on a real Slurm', () => {
  let cluster: SlurmCluster
  let app: AppContext
  let project: Project
  let dir: string
  let settings: SlurmSettings
  beforeAll(async () => {
    cluster = await slurmCluster()
    dir = temporaryFolder()
    settings = slurmSettings.parse({ cpus: 1 })
    project = openProject(await shapesProject(dir))
    const slurm = {
      settings: () => settings,
      keep: () => undefined,
      env: cluster.env,
      program: path.dirname(path.dirname(path.dirname(await program('cli')))),
      pace: { files: 100, states: 300 },
    }
    app = { engine: await engine(), nano: path.join(dir, 'nano'), cache: path.join(dir, 'cache'), saveEverySeconds: 0, slurm }
  })
  afterAll(async () => {
    project?.close()
    await app?.engine.close()
    await cluster?.stop()
  })

  const ask = { recipe: 'ft', model: TINY_CLIP, device: 'cpu', runner: 'slurm' } as const
  const runFolder = (name: string) => path.join(project.folder, 'checkpoints', `${name}.run`)
  const ticket = (name: string) =>
    (JSON.parse(fs.readFileSync(path.join(runFolder(name), 'slurm', 'job.json'), 'utf8')) as { job: string }).job
  const stateOf = (task: string) => cluster.ask('squeue', '--noheader', '--array', '--states=all', '--format=%T', `--jobs=${task}`).trim()
  const stepsOf = (runId: string) =>
    fs
      .readFileSync(path.join(project.folder, 'checkpoints', '.runs', runId, 'curve.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => Number(line.split(',')[1]))
  /** Starts a run, and resolves `reached` at a step with a loss. */
  function begin(name: string, epochs: number, step = 3) {
    let there = (_: JobProgress) => {}
    const reached = new Promise<JobProgress>((resolve) => (there = resolve))
    const request = { ...ask, name, settings: { epochs, batchSize: 6, lr: 1e-3 } }
    const running = startTraining(app, project, request, (p) => p.loss !== undefined && p.done >= step && there(p))
    return { ...running, reached: Promise.race([reached, running.result.then(() => Promise.reject(new Error('ended before')))]) }
  }

  test('a sweep of 6 is one array, and gives the metrics that it gives on this machine', async () => {
    const dashi = await terminal(app.cache, app)
    const sweep = async (name: string, ...more: string[]) => {
      const fixed = ['--project', project.folder, '--device', 'cpu', '--model', TINY_CLIP, '--recipe', 'ft', '--json']
      const { code, stdout, stderr } = await dashi(
        'sweep',
        ...fixed,
        '--set',
        'epochs=1',
        'batchSize=6',
        'lr=1e-3,1e-4,1e-5',
        '--seeds',
        '2',
        '--name',
        name,
        ...more,
      )
      expect(code, stderr).toBe(0)
      const { runs } = JSON.parse(stdout) as { runs: { point: object; seed: number; status: string; metrics: Record<string, number> }[] }
      return runs.map(({ point, seed, status, metrics }) => ({ point, seed, status, metrics }))
    }
    project.close()
    const here = await sweep('here')
    const there = await sweep('there', '--runner', 'slurm', '--slurm', 'cpus=2')
    project = openProject(project.folder)
    expect(here).toHaveLength(6)
    expect(there).toEqual(here)
    expect(there.every((run) => run.status === 'done' && run.metrics['id'] !== undefined)).toBe(true)
    const jobs = cluster.ask('squeue', '--noheader', '--array', '--states=all', '--format=%F %K').trim().split('\n').sort()
    expect(jobs).toEqual([0, 1, 2, 3, 4, 5].map((k) => `${jobs[0]!.split(' ')[0]} ${k}`))
    expect(fs.readdirSync(path.join(project.folder, 'checkpoints')).filter((f) => f.endsWith('.run'))).toEqual([])
  })

  /** Some seconds of steps, so that the run has not ended before it is put back into the queue. */
  const EPOCHS = 120
  test('a run that is requeued goes on where it was, without a jump, and ends with the weights of one that was not', async () => {
    const run = begin('requeued', EPOCHS)
    await run.reached
    const task = ticket('requeued')
    cluster.ask('scontrol', 'requeue', task)
    await expect.poll(() => stateOf(task)).toBe('PENDING')
    const id = /JobId=(\d+)/.exec(cluster.ask('scontrol', 'show', 'job', task))![1]!
    // Slurm itself waits two minutes: a node refuses a job that begins in the second in which it was taken away.
    cluster.ask('scontrol', 'update', `JobId=${id}`, 'StartTime=now+3')
    const { result } = await run.result
    expect(stepsOf(run.runId)).toEqual(Array.from({ length: result.steps }, (_, i) => i + 1))
    const local = await startTraining(app, project, {
      ...ask,
      runner: 'local',
      name: 'not requeued',
      settings: { epochs: EPOCHS, batchSize: 6, lr: 1e-3 },
    }).result
    expect(result.loss).toEqual(local.result.loss)
    const weights = (name: string) => fs.readFileSync(path.join(project.folder, 'checkpoints', name, 'model.safetensors'))
    expect(weights('requeued').equals(weights('not-requeued'))).toBe(true)
  })

  test('a run that is left goes on, and is found again; one that is cancelled ends at Slurm and keeps its state', async () => {
    const first = begin('long', 5000)
    await first.reached
    const task = ticket('long')
    first.leave!()
    await expect(first.result).rejects.toThrow('cancelled')
    expect(stateOf(task)).toBe('RUNNING')
    const again = begin('long', 5000)
    await again.reached
    expect(ticket('long')).toBe(task)
    again.cancel()
    await expect(again.result).rejects.toThrow('cancelled')
    await expect.poll(() => stateOf(task)).toMatch(/CANCELLED|COMPLETED|FAILED/)
    expect(fs.readdirSync(runFolder('long'))).toEqual(['state.safetensors'])
    expect(listRuns(project).filter((r) => r.status === 'running')).toEqual([])
  })

  test('what goes wrong is one line', async () => {
    const said = async (name: string, changed: Partial<SlurmSettings>, meanwhile?: (task: string) => void) => {
      settings = slurmSettings.parse({ cpus: 1, ...changed })
      try {
        const run = startTraining(app, project, { ...ask, name, settings: { epochs: 1 } })
        if (meanwhile) {
          await expect.poll(() => fs.existsSync(path.join(runFolder(name), 'slurm', 'job.json'))).toBe(true)
          meanwhile(ticket(name))
        }
        await run.result
        return 'done'
      } catch (e) {
        return (e as Error).message.replaceAll(dir, 'DIR')
      } finally {
        settings = slurmSettings.parse({ cpus: 1 })
      }
    }
    expect(await said('p', { partition: 'nope' })).toBe('sbatch refused the job: the cluster has no partition nope (it has main)')
    expect(await said('g', { gres: 'gpu:1' })).toBe('sbatch refused the job: Invalid generic resource (gres) specification')
    expect(await said('s', { shared: '/nowhere' })).toMatch(/^DIR.*: expected below \/nowhere, which are the folders that the nodes see/)
    expect(await said('n', { node: '/no/node' })).toMatch(/^job \d+_0: the node could not start \/no\/node: give the path of Node.js there/)
    expect(await said('d', { program: '/no/dashi' })).toMatch(/could not run \/no\/dashi\/out\/main\/cli.js/)
    expect(await said('b', { before: 'echo no such module; false' })).toMatch(
      /the command before the program failed .*; its last line: no such module/,
    )
    expect(await said('c', { options: '--hold' }, (task) => cluster.ask('scancel', task))).toMatch(/^job \d+_0: was cancelled by scancel; /)
    const unseen = await said('u', { options: '--hold' }, (task) => {
      fs.renameSync(path.join(runFolder('u'), 'slurm'), path.join(dir, 'elsewhere'))
      cluster.ask('scontrol', 'release', task)
    })
    expect(unseen).toMatch(/^job \d+_0: the node does not see the folder DIR.*u\.run\/slurm: move the project to a disk/)
    expect(fs.readdirSync(path.join(project.folder, 'checkpoints')).filter((f) => /^[pgsndbc]\.run$/.test(f))).toEqual([])
  })
})
