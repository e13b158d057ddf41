/**
 * What Electron's process forbids, and a plain Node does not: buffers outside V8's cage, and aligned blocks of a gigabyte. The built
 * program does its work where both are refused, as it must where no plain Node can be had for the engine.
 */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { shapesProject } from '../app/cli/terminal.ts'
import { cagedNode, compileCage, noCage } from '../helpers/cage/cage.ts'
import { writeLargeClip } from '../helpers/large-clip.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const cli = path.join(programRoot, 'out', 'main', 'cli.js')
const GIGABYTE = 2 ** 30
const missing = noCage()

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

function run(node: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const child = spawn(node, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, ...said })))
}

describe.skipIf(missing)(`in Electron's cage${missing ? ` (left out: ${missing})` : ''}`, () => {
  const dir = temporaryFolder()
  let caged: string
  let allocator: string
  let probe: string
  let large: string
  let project: string
  beforeAll(async () => {
    ;({ allocator, probe } = compileCage(dir))
    caged = cagedNode(path.join(dir, 'node'))
    large = path.join(dir, 'vit-b-32')
    expect(await writeLargeClip(large)).toBeGreaterThan(151e6)
    project = await shapesProject(dir)
  })
  const probed = (node: string, env: NodeJS.ProcessEnv = {}) => run(node, ['-p', `JSON.stringify(require(${JSON.stringify(probe)}))`], env)
  /** The terminal's command where both are refused; what it answers. */
  async function dashi(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Record<string, unknown>> {
    const ended = await run(caged, [cli, ...args, '--json'], {
      LD_PRELOAD: allocator,
      DASHI_HOME: path.join(dir, 'home'),
      DASHI_CACHE: path.join(dir, 'cache'),
      ...env,
    })
    expect(ended, ended.stderr).toMatchObject({ code: 0, signal: null })
    return JSON.parse(ended.stdout) as Record<string, unknown>
  }

  it('both hold: an addon gets no external buffer and no block of a gigabyte', async () => {
    expect(JSON.parse((await probed(process.execPath)).stdout)).toEqual({ arrayBuffer: 0, buffer: 0 })
    expect(JSON.parse((await probed(caged)).stdout)).toEqual({ arrayBuffer: 22, buffer: 22 })
    const refused = { LD_PRELOAD: allocator }
    expect(JSON.parse((await probed(caged, { ...refused, PROBE_BLOCK: String(GIGABYTE - 1) })).stdout)).toMatchObject({ block: 0 })
    expect(await probed(caged, { ...refused, PROBE_BLOCK: String(GIGABYTE) })).toMatchObject({
      signal: 'SIGABRT',
      stderr: expect.stringContaining('an aligned block of 1073741824 bytes') as string,
    })
  })

  it('they hold for onnxruntime: with its arena, a value of more than 512 MB ends the process', async () => {
    const program = await arenaProgram(dir)
    expect(await run(caged, [program, 'on'], { LD_PRELOAD: allocator })).toMatchObject({
      signal: 'SIGABRT',
      stderr: expect.stringContaining('an aligned block of') as string,
    })
    expect(await run(caged, [program, 'off'], { LD_PRELOAD: allocator })).toMatchObject({ code: 0, stdout: '10000\n' })
  })

  it.each([
    ['as it is', {}, []],
    // What is forgotten it would look for in as many pictures as the one above does.
    ['with the arena off', { DASHI_ARENA: 'off' }, ['--no-forgetting']],
  ])('a model of 151 million weights looks at pictures and takes training steps, %s', async (_, env, more) => {
    const picture = path.join(project, '..', 'pictures', 'train', 'circle-0.png')
    const answer = await dashi(['embed', '--model', large, '--image', picture, '--text', 'a circle'], env)
    const [image] = answer['image'] as number[][]
    expect(image).toHaveLength(512)
    expect(image!.every(Number.isFinite)).toBe(true)
    const trained = await dashi(
      [
        'train',
        '--project',
        project,
        '--model',
        large,
        '--recipe',
        'ft',
        '--device',
        'cpu',
        ...more,
        '--set',
        'epochs=1',
        'batchSize=6',
        'accumulate=1',
      ],
      env,
    )
    expect(trained['steps']).toBe(2)
    expect((trained['loss'] as number[]).every(Number.isFinite)).toBe(true)
    fs.rmSync(trained['checkpoint'] as string, { recursive: true })
  })

  it('the demo’s runs, on few classes, end with a report', async () => {
    const done = (await dashi(['demo', '--fast', '--classes', '12', '--out', path.join(dir, 'demo')])) as {
      rows: { name: string; id: number }[]
      report: string
    }
    expect(done.rows.map((r) => r.name)).toEqual(expect.arrayContaining(['LP', 'FT', 'LP-FT', 'Prompt tuning']))
    for (const row of done.rows) expect(row.id, row.name).toBeGreaterThan(0)
    expect(fs.existsSync(done.report)).toBe(true)
  })
})

/** A program whose one value between two ops takes 640 MB: onnxruntime's arena rounds it up to a gigabyte. @returns its file */
async function arenaProgram(dir: string): Promise<string> {
  const { Graph } = await import('../../src-main/engine/graph/graph.ts')
  const { encodeModel } = await import('../../src-main/engine/graph/encode.ts')
  const { add, reduceSum } = await import('../../src-main/engine/ops/index.ts')
  const [n, m] = [10_000, 16_000]
  const graph = new Graph()
  const outer = add(graph.input('a', 'float32', [n, 1]), graph.input('b', 'float32', [1, m]))
  graph.output('y', reduceSum(outer, { axes: [0] }))
  fs.writeFileSync(path.join(dir, 'outer.onnx'), encodeModel(graph))
  const file = path.join(dir, 'arena.cjs')
  fs.writeFileSync(
    file,
    `
    const { InferenceSession, Tensor } = require(${JSON.stringify(path.join(programRoot, 'node_modules', 'onnxruntime-node'))})
    const enableCpuMemArena = process.argv[2] === 'on'
    const ones = (dims) => new Tensor('float32', new Float32Array(dims[0] * dims[1]).fill(0.5), dims)
    InferenceSession.create(${JSON.stringify(path.join(dir, 'outer.onnx'))}, { enableCpuMemArena, enableMemPattern: enableCpuMemArena, logSeverityLevel: 3 })
      .then((s) => s.run({ a: ones([${n}, 1]), b: ones([1, ${m}]) }))
      .then(({ y }) => console.log(y.data[0]))`,
  )
  return file
}
