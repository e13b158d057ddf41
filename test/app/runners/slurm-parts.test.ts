/** What of Slurm needs no cluster: the script, the files of a run, and the reasons why jobs end. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { slurmSettings } from '#shared/model/slurm.ts'
import { failureOfJob } from '../../../src-main/app/runners/slurm/ends.ts'
import { Events, EventWriter, folderOf, Plans, readPlan, ticketOf, writeTicket } from '../../../src-main/app/runners/slurm/files.ts'
import { endOf, missingProgram, statesOf, submit } from '../../../src-main/app/runners/slurm/programs.ts'
import { quoted, scriptOf } from '../../../src-main/app/runners/slurm/script.ts'
import { Curve } from '../../../src-main/app/training/curve.ts'
import { shapesJob, temporaryFolder } from '../../helpers/pictures.ts'

const here = { node: '/usr/bin/node', program: '/opt/dashi' }
const item = { file: '/shared/a.png', label: 0 }
const jobIn = (dir: string, name: string, lr = 1e-3) =>
  shapesJob({ train: [item] }, { out: path.join(dir, 'checkpoints', name), cache: path.join(dir, 'cache'), settings: { lr } })

/** An environment in whose PATH Slurm's programs answer with these scripts. */
function answering(scripts: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const dir = temporaryFolder()
  for (const [name, body] of Object.entries(scripts)) fs.writeFileSync(path.join(dir, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return { PATH: `${dir}:/usr/bin:/bin` }
}

test('the script asks for what the settings say, and for nothing that they leave to the cluster', () => {
  const plain = scriptOf('a b', ['/p/x y', "/p/o'brien"], slurmSettings.parse({}), here)
  const options = plain.split('\n').filter((line) => line.startsWith('#SBATCH'))
  expect(options).toEqual(
    ['--job-name=a-b', '--array=0-1', '--requeue', '--output=/dev/null', '--cpus-per-task=4'].map((o) => `#SBATCH ${o}`),
  )
  expect(plain).toContain(`folders=(\n'/p/x y'\n'/p/o'\\''brien'\n)`)
  const asked = { partition: 'gpu', time: '1-12', memory: '16G', gres: 'gpu:1', options: '--account=a  --qos=b', requeue: false }
  const full = scriptOf(
    'a',
    ['/p'],
    slurmSettings.parse({ ...asked, before: 'module load node', node: '/n/node', program: '/n/dashi' }),
    here,
  )
  for (const line of ['--no-requeue', '--partition=gpu', '--time=1-12', '--mem=16G', '--gres=gpu:1', '--account=a', '--qos=b'])
    expect(full).toContain(`\n#SBATCH ${line}\n`)
  expect(full).toContain("node='/n/node'\nprogram='/n/dashi/out/main/cli.js'")
  expect(full.indexOf('module load node')).toBeLessThan(full.indexOf('exec "$node"'))
  expect(quoted("a'b")).toBe("'a'\\''b'")
})

test.each([
  [{ partition: 'a b' }],
  [{ partition: "a'" }],
  [{ time: 'tomorrow' }],
  [{ memory: 'much' }],
  [{ cpus: 0 }],
  [{ options: 'rm -rf' }],
  [{ options: '--a=1\n#SBATCH --b' }],
  [{ before: 'a\nb' }],
])('settings that would spoil the script are refused: %j', (settings) => {
  expect(slurmSettings.safeParse(settings).success).toBe(false)
})

test('the runs of a sweep share the list of images, and each plan reads as it was written', () => {
  const dir = temporaryFolder()
  const plans = new Plans()
  const jobs = [jobIn(dir, 'a'), jobIn(dir, 'b', 1e-4)]
  const folders = jobs.map((job) => plans.write(job, false))
  const [a, b] = folders.map((f) => fs.statSync(path.join(f, 'data.json')))
  expect([a!.ino, a!.nlink]).toEqual([b!.ino, 2])
  expect(folders.map((f) => readPlan(path.join(f, 'plan.json')).job)).toEqual(jobs)
  writeTicket(jobs[0]!.out, '7_0', 'x')
  expect([ticketOf(jobs[0]!.out, 'x'), ticketOf(jobs[0]!.out, 'y'), ticketOf(jobs[1]!.out, 'x')]).toEqual(['7_0', undefined, undefined])
  fs.writeFileSync(path.join(folders[0]!, 'plan.json'), '{}')
  expect(() => readPlan(path.join(folders[0]!, 'plan.json'))).toThrow(/plan\.json: expected the plan of a run/)
})

test('events arrive once each, whole, with the arrays of a result', () => {
  const dir = temporaryFolder()
  const { out } = jobIn(dir, 'a')
  fs.mkdirSync(folderOf(out), { recursive: true })
  const [writer, reader] = [new EventWriter(folderOf(out)), new Events(out)]
  expect(reader.next()).toEqual([])
  const splits = { id: { n: 1, accuracy: 1, labels: Int32Array.of(2), logits: Float32Array.of(0.5, -1, NaN) } }
  const result = {
    ...{ kind: 'train' as const, device: 'cpu', seconds: 1, steps: 1, loss: [0.5], notes: {}, checkpoint: out, leftOut: [] },
    measured: { task: 'classify' as const, splits },
  }
  writer.add({ type: 'progress', progress: { phase: 'training', done: 1, total: 2, loss: 0.5 } })
  writer.add({ type: 'done', result })
  writer.flush()
  const [first, last, ...more] = reader.next()
  expect([first!.type, more]).toEqual(['progress', []])
  expect(last).toEqual({ type: 'done', result })
  fs.appendFileSync(path.join(folderOf(out), 'events.jsonl'), '{"type":"sto')
  expect(reader.next()).toEqual([])
  new EventWriter(folderOf(out)).flush() // a node that goes on after one that was killed in the middle of a line
  expect(reader.next()).toEqual([])
  const later = new EventWriter(folderOf(out))
  later.add({ type: 'stopped' })
  later.flush()
  expect(reader.next()).toEqual([{ type: 'stopped' }])
})

test('a curve that goes back to a saved state has each step once', () => {
  const curve = new Curve()
  for (const step of [1, 2, 3, 4, 3, 4, 5]) curve.add({ runId: 'r', phase: 'training', step, steps: 5, loss: step })
  expect(curve.points.map((p) => p.step)).toEqual([1, 2, 3, 4, 5])
})

const scontrol = (fields: string) => `echo "JobId=9 ArrayJobId=7 ${fields} Requeue=1 Partition=main"`
test.each([
  ['OUT_OF_MEMORY', '0:125', /^job 7_0: used more than its memory: ask for more \(setting memory\); its last line: oom; nothing of this/],
  ['TIMEOUT', '0:0', /^job 7_0: reached its time limit of 00:01:00: allow more \(setting time\), or go on with it; its last line: oom; /],
  ['NODE_FAIL', '1:0', /^job 7_0: its node failed; /],
  ['PREEMPTED', '0:0', /^job 7_0: was preempted and not queued again; /],
  ['FAILED', '3:0', /^job 7_0: ended as FAILED, exit code 3; its last line: oom; /],
])('a job that ended as %s says why', async (state, exit, line) => {
  const job = jobIn(temporaryFolder(), 'a')
  fs.mkdirSync(folderOf(job.out), { recursive: true })
  fs.writeFileSync(path.join(folderOf(job.out), 'output.txt'), 'first\noom\n')
  const shown = answering({ scontrol: scontrol(`JobState=${state} ExitCode=${exit} TimeLimit=00:01:00`), sacct: 'exit 1' })
  const kept = answering({
    scontrol: 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1',
    sacct: `echo "${state}|${exit}|00:01:00"`,
  })
  for (const env of [shown, kept]) {
    const { message, fault } = failureOfJob('7_0', job, await endOf(env, '7_0'), here, Date.now())
    expect(message).toMatch(line)
    expect(fault).toBe('engine')
  }
})

test('a job that neither squeue nor sacct knows is lost; a controller that does not answer loses none', async () => {
  const unknown = answering({
    squeue: 'echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1',
    scontrol: 'exit 1',
    sacct: 'exit 1',
  })
  expect(await statesOf(unknown, ['7_0'])).toEqual(new Map())
  expect(await endOf(unknown, '7_0')).toBeUndefined()
  expect(failureOfJob('7_0', jobIn(temporaryFolder(), 'a'), undefined, here, Date.now()).message).toMatch(
    /^job 7_0: Slurm no longer knows it, and/,
  )
  const away = answering({ squeue: 'echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1' })
  expect(await statesOf(away, ['7_0'])).toBeUndefined()
  const two = answering({ squeue: 'echo "7_0|RUNNING|None"; echo "7_1|PENDING|Resources"' })
  expect((await statesOf(two, ['7_0', '7_1']))!.get('7_1')).toEqual({ state: 'PENDING', reason: 'Resources' })
})

test('what sbatch says is quoted, and a program that is missing is named', async () => {
  const refusing = answering({
    sbatch: 'echo "sbatch: error: AssocMaxSubmitJobLimit" >&2; echo "sbatch: error: Batch job submission failed" >&2; exit 1',
  })
  await expect(submit(refusing, 'job.sh', '')).rejects.toThrow(
    'sbatch refused the job: AssocMaxSubmitJobLimit; Batch job submission failed',
  )
  expect(await submit(answering({ sbatch: 'echo "42;cluster"' }), 'job.sh', '')).toBe('42')
  const all = { sbatch: '', squeue: '', scontrol: '', scancel: '' }
  expect([missingProgram(answering(all)), missingProgram({ PATH: '' })]).toEqual([null, 'sbatch'])
})
