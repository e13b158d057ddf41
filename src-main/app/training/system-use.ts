/** What a training takes of the machine, sampled when a window asks; nothing is measured while nobody looks. */
import { execFile } from 'node:child_process'
import os from 'node:os'
import process from 'node:process'
import { promisify } from 'node:util'
import type { EngineUse, SystemUse } from '#shared/model/run-follow.ts'
import { freeIn } from '../hub/place.ts'

const run = promisify(execFile)
/** Several windows that ask within so many ms share a sample. */
const PACE = 900
/** The GPU is asked by a program of its own, so less often, in ms. */
const GPU_PACE = 4000

type Gpu = SystemUse['gpu']
const MIB = 2 ** 20

/** The first GPU of a line as nvidia-smi writes it without units: `name, busy in %, used in MiB, total in MiB`; null if it is none. */
export function gpuOf(text: string): Gpu {
  const [name, busy, used, total] = (text.split('\n')[0] ?? '').split(',').map((s) => s.trim())
  if (!name || total === undefined || !Number.isFinite(Number(used)) || !(Number(total) > 0)) return null
  const share = Number(busy) / 100 // '[N/A]' on some cards
  return { name, busy: share >= 0 && share <= 1 ? share : null, used: Number(used) * MIB, total: Number(total) * MIB }
}

/** Of NVIDIA's driver, which comes with a program for it; other makers' have none that is there everywhere. Null where there is none. */
async function nvidia(): Promise<Gpu> {
  const fields = '--query-gpu=name,utilization.gpu,memory.used,memory.total'
  const { stdout } = await run('nvidia-smi', [fields, '--format=csv,noheader,nounits'], { timeout: 3000, windowsHide: true })
  return gpuOf(stdout)
}

export class SystemUses {
  private last: Promise<SystemUse> | undefined
  private at = -Infinity
  private before: { readonly at: number; readonly cpu: number } | undefined
  private gpu: { at: number; value: Gpu; there: boolean } = { at: -Infinity, value: null, there: true }

  /**
   * @param engine what its process has taken so far; null if there is no process
   * @param askGpu rejects where there is no GPU that can be asked; it is then not asked again
   */
  constructor(
    private readonly engine: () => Promise<EngineUse | null>,
    private readonly askGpu: () => Promise<Gpu> = nvidia,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param folder whose disk is looked at */
  sample(folder: string): Promise<SystemUse> {
    if (!this.last || this.now() - this.at >= PACE) [this.at, this.last] = [this.now(), this.take(folder)]
    return this.last
  }

  private async take(folder: string): Promise<SystemUse> {
    const [engine, gpu] = await Promise.all([this.engine().catch(() => null), this.graphics()])
    const at = this.now()
    const before = this.before
    this.before = engine ? { at, cpu: engine.cpu } : undefined
    // A process that started anew counts from zero.
    const known = engine && before && at > before.at && engine.cpu >= before.cpu
    return {
      at: Date.now(),
      cores: os.availableParallelism(),
      cpu: known ? (engine.cpu - before.cpu) / 1000 / (at - before.at) : null,
      memory: { used: engine?.memory ?? null, free: process.availableMemory(), total: os.totalmem() },
      disk: { free: freeIn(folder) },
      gpu,
    }
  }

  private async graphics(): Promise<Gpu> {
    const { gpu } = this
    if (!gpu.there || this.now() - gpu.at < GPU_PACE) return gpu.value
    gpu.at = this.now()
    try {
      gpu.value = await this.askGpu()
    } catch {
      ;[gpu.there, gpu.value] = [false, null]
    }
    return gpu.value
  }
}
