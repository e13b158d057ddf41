import { spawn, type SpawnOptions } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = path.resolve(import.meta.dirname, '../..')
/** Inside node_modules, so that programs find the packages that are not bundled. */
const cache = path.join(root, 'node_modules/.cache/dashi-programs')

/** What tests start as processes or threads, from the current sources (`out/` may be older). */
const PROGRAMS = {
  cli: 'src-main/index.cli.ts',
  'engine-process': 'src-main/engine/process.ts',
  'engine-worker': 'src-main/engine/worker.ts',
  'lane-worker': 'src-main/engine/lane-worker.ts',
  'merge-worker': 'src-main/engine/merge-worker.ts',
  'image-decoder': 'src-main/engine/image-decoder.ts',
  'picture-helper': 'src-main/engine/picture-helper.ts',
  'work-worker': 'src-main/app/work/worker.ts',
  'huge-images': 'src-main/app/media/huge-images.ts',
  client: 'test/engine/jobs/client-program.ts',
  queue: 'test/app/work/queue-program.ts',
  training: 'test/app/work/training-program.ts',
  night: 'test/app/work/night-program.ts',
  webgpu: 'test/engine/runtime/webgpu-program.ts',
}
type Program = keyof typeof PROGRAMS

let folder: Promise<string> | undefined

/** The built program. All are built together, once per state of the sources. */
export const program = async (name: Program): Promise<string> => path.join(await (folder ??= made()), 'out/main', `${name}.js`)
export const programUrl = async (name: Program): Promise<URL> => pathToFileURL(await program(name))

async function made(): Promise<string> {
  const files = ['src-main', 'src-shared'].flatMap((d) =>
    fs.readdirSync(path.join(root, d), { recursive: true, encoding: 'utf8' }).map((f) => path.join(d, f)),
  )
  const hash = createHash('sha256').update(JSON.stringify(PROGRAMS))
  for (const file of [
    ...files.filter((f) => f.endsWith('.ts')).sort(),
    ...Object.values(PROGRAMS),
    'test/app/work/kinds.ts',
    'test/helpers/programs.ts',
    'package.json',
  ])
    hash.update(file).update(fs.readFileSync(path.join(root, file)))
  const dir = path.join(cache, hash.digest('hex').slice(0, 16))
  if (fs.existsSync(dir)) return dir
  fs.mkdirSync(cache, { recursive: true })
  for (const old of fs.readdirSync(cache))
    if (Date.now() - fs.statSync(path.join(cache, old)).mtimeMs > 3600_000)
      fs.rmSync(path.join(cache, old), { recursive: true, force: true })
  const beside = fs.mkdtempSync(`${dir}-`)
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: true,
      outDir: path.join(beside, 'out/main'),
      target: 'node20',
      rollupOptions: {
        input: Object.fromEntries(Object.entries(PROGRAMS).map(([name, file]) => [name, path.join(root, file)])),
        output: { entryFileNames: '[name].js' },
      },
    },
  })
  fs.copyFileSync(path.join(root, 'package.json'), path.join(beside, 'package.json')) // a program uses it to find its root
  try {
    fs.renameSync(beside, dir)
  } catch (e) {
    fs.rmSync(beside, { recursive: true, force: true }) // another test file was faster
    if (!fs.existsSync(dir)) throw e
  }
  return dir
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** Kills immediately, or asks to stop. */
  kill(signal: NodeJS.Signals): void
  readonly pid: number
  readonly ended: Promise<Ended>
}

/** Starts a program; `onLine` is called with each complete line of stdout and stderr as it arrives. */
export async function start(
  name: Program,
  args: readonly string[],
  { env, onLine, ...options }: SpawnOptions & { onLine?: (line: string) => void } = {},
): Promise<Running> {
  const child = spawn(process.execPath, [await program(name), ...args], {
    ...options,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    let rest = ''
    child[stream]!.setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text
      const lines = (rest + text).split('\n')
      rest = lines.pop()!
      for (const line of lines) onLine?.(line)
    })
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, ...said }))
  })
  return { kill: (signal) => void child.kill(signal), pid: child.pid!, ended }
}

export const runProgram = async (...args: Parameters<typeof start>): Promise<Ended> => (await start(...args)).ended
