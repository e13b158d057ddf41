/**
 * A step of training and the features of a batch, beside PyTorch eager where DASHI_PYTHON names a Python that has it (run.py): a process a
 * side, with as many threads, which take turns, so that both see the same machine. Times are the least, since other programs add to them.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import path from 'node:path'
import readline from 'node:readline'
import { z } from 'zod'
import { programRoot } from '../../../src-main/program.ts'
import { type CaseName, cases } from './cases.ts'

const THREADS = '2'
const answered = z.object({ seconds: z.number(), processor: z.number(), peak: z.number() })
type Took = z.infer<typeof answered>

/** @param only a part of the names of the cases to measure; all by default */
export async function stepBench(only = ''): Promise<Record<string, number>> {
  const figures: Record<string, number> = {}
  const note = (name: string, value: number) => (figures[name] = Number(value.toFixed(3)))
  for (const name of Object.keys(cases) as CaseName[]) {
    if (!name.includes(only)) continue
    const own = new Side(process.execPath, [path.join(programRoot, 'out', 'tools', 'step-run.js'), name])
    const python = process.env['DASHI_PYTHON']
    const { kind, batch, config } = cases[name]
    const script = path.join(programRoot, 'test', 'bench', 'step', 'run.py')
    const theirs = python ? new Side(python, [script, kind, String(batch), JSON.stringify(config)]) : undefined
    const turns = kind === 'features' ? 12 : name.startsWith('s') ? 8 : 4
    for (let i = 0; i < turns; i++) for (const side of [own, theirs]) await side?.turn()
    for (const [of, side] of [
      ['', own],
      ['Pytorch', theirs],
    ] as const) {
      if (!side) continue
      const { seconds, processor, peak } = side.end()
      const gigabytes = peak / 1e9
      const times = `${seconds.toFixed(2)} s, ${processor.toFixed(2)} s of processors`
      process.stderr.write(`${name}${of && ' PyTorch'}: ${times}, ${gigabytes.toFixed(2)} GB\n`)
      note(`${name}${of}Seconds`, seconds)
      note(`${name}${of}Processor`, processor)
      note(`${name}${of}Gigabytes`, gigabytes)
    }
  }
  return figures
}

/** A process that makes a step when told. */
class Side {
  private readonly child: ChildProcessWithoutNullStreams
  private readonly lines: AsyncIterator<string>
  private readonly took: Took[] = []

  constructor(program: string, args: readonly string[]) {
    const env = { ...process.env, DASHI_THREADS: THREADS, OMP_NUM_THREADS: THREADS }
    this.child = spawn(program, args, { env })
    this.child.stderr.pipe(process.stderr)
    this.lines = readline.createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  async turn(): Promise<void> {
    this.child.stdin.write('\n')
    const { value, done } = await this.lines.next()
    if (done) throw new Error(`${this.child.spawnfile} ended early`)
    this.took.push(answered.parse(JSON.parse(value)))
  }

  /** Ends it. @returns the least times after the first step, and the most memory */
  end(): Took {
    this.child.stdin.end()
    const least = (of: 'seconds' | 'processor') => Math.min(...this.took.slice(1).map((t) => t[of]))
    return { seconds: least('seconds'), processor: least('processor'), peak: Math.max(...this.took.map((t) => t.peak)) }
  }
}
