/** The devices of this machine: what was found, what the last check of them said, and how to have more. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { type DevicesChecked, devicesChecked, type DevicesFound, type Machine } from '#shared/model/devices.ts'
import type { JobProgress } from '#shared/model/job.ts'
import { deviceRecords, runtimeVersion } from '../../engine/runtime/index.ts'
import { replaceText } from '../../files/atomic.ts'
import { installation } from '../../program.ts'
import type { AppContext } from '../context.ts'
import { hasProgram, thisMachine } from './machine.ts'

/** Starts the engine, which may take a while the first time. */
export async function findDevices(app: AppContext): Promise<DevicesFound> {
  const machine = await thisMachine()
  const runtime = runtimeVersion()
  const there = await app.engine.ask({ kind: 'devices' })
  const here = {
    ...{ platform: process.platform, arch: process.arch, installation: installation(), graphics: machine.graphics },
    has: (program: string) => hasProgram(program),
  }
  return {
    machine,
    runtime,
    devices: deviceRecords
      .filter((d) => !d.chooses)
      .map(({ id, title, about, reference, way }) => ({
        ...{ id, title, about, reference, there: there.includes(id) },
        way: way?.(here) ?? null,
      })),
    last: lastCheck(app.cache, keyOf(machine, runtime)),
  }
}

export interface RunningCheck {
  readonly result: Promise<DevicesChecked>
  cancel(): void
}

/** Checks all devices, after the job that the engine is at. What was found is kept for this machine. */
export function checkDevices(app: AppContext, { bench }: { readonly bench: boolean }, onProgress?: (p: JobProgress) => void): RunningCheck {
  const { result, cancel } = app.engine.run({ kind: 'devices', bench }, onProgress)
  return {
    cancel,
    result: result.then(async ({ checked }) => {
      keepCheck(app.cache, keyOf(await thisMachine(), runtimeVersion()), checked)
      return checked
    }),
  }
}

const stored = z.object({ key: z.string(), checked: devicesChecked })
const fileIn = (cache: string) => path.join(cache, 'devices.json')

/** Another onnxruntime, processor or card makes what was measured worthless. */
const keyOf = ({ system, processor, cores, graphics }: Machine, runtime: string | null): string =>
  createHash('sha256')
    .update(JSON.stringify([system, processor, cores, graphics, runtime]))
    .digest('hex')
    .slice(0, 24)

function keepCheck(cache: string, key: string, checked: DevicesChecked): void {
  const before = lastCheck(cache, key)
  mkdirSync(cache, { recursive: true })
  replaceText(fileIn(cache), JSON.stringify({ key, checked: withBench(checked, before) }))
}

/** A check alone keeps the figures of the benchmark before it. */
function withBench(checked: DevicesChecked, before: DevicesChecked | null): DevicesChecked {
  const known = (device: string) => before?.devices.find((d) => d.device === device && d.ok)
  return {
    ...checked,
    devices: checked.devices.map((d) => {
      const old = d.ok && !d.product && before?.threads === checked.threads ? known(d.device) : undefined
      return old ? { ...d, product: old.product, networks: old.networks } : d
    }),
  }
}

function lastCheck(cache: string, key: string): DevicesChecked | null {
  try {
    const { key: of, checked } = stored.parse(JSON.parse(readFileSync(fileIn(cache), 'utf8')))
    return of === key ? checked : null
  } catch {
    return null // there is none yet, or another version wrote it
  }
}
