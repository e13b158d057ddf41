import { Command } from 'commander'
import type { CheckedDevice, DevicesFound, KnownDevice, NetworkFigures } from '#shared/model/devices.ts'
import { say } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { checkDevices, findDevices } from '../devices/devices.ts'
import { type Column, renderTable } from '../terminal/table.ts'
import { jobBars, output, untilDone } from './output.ts'

interface Options {
  check?: boolean
  bench?: boolean
  json?: boolean
}

export const devicesCommand = (app: AppContext): Command =>
  new Command('devices')
    .option('--check', 'compare each device with the CPU on a small training')
    .option('--bench', 'the same, then measure a matrix product, a training step and features')
    .action(async (o: Options) => {
      if (o.check || o.bench) {
        const bars = jobBars('devices')
        await untilDone(checkDevices(app, { bench: Boolean(o.bench) }, bars.onProgress))
        bars.end()
      }
      const found = await findDevices(app)
      output(Boolean(o.json)).answer(found, () => devicesText(found))
      // A device that computes wrongly is worth an exit code; one that this machine has not is none.
      if ((o.check || o.bench) && found.last?.devices.some((d) => !d.ok)) process.exitCode = 2
    })

function devicesText({ machine, runtime, devices, last }: DevicesFound): string {
  const there = devices.filter((d) => d.there)
  const checked = (d: KnownDevice) => last?.devices.find((c) => c.device === d.id)
  const columns: Column<KnownDevice>[] = [
    { title: 'device', align: 'left', value: (d) => d.id },
    { title: 'self-check', align: 'left', value: (d) => standing(d.id, checked(d)) },
    { title: 'error', value: (d) => checked(d)?.error?.toExponential(1) ?? '' },
    { title: 'matmul GFLOP/s', value: (d) => checked(d)?.product?.gflops.toPrecision(3) ?? '' },
    ...(['tiny', 'small'] as const).flatMap((name): Column<KnownDevice>[] => {
      const of = (d: KnownDevice) => checked(d)?.networks.find((n) => n.network === name)
      if (!there.some(of)) return []
      const rate = (figures: NetworkFigures['step'] | undefined) => (figures ? figures.imagesPerSecond.toPrecision(3) : '')
      return [
        { title: `${name} ViT: step images/s`, value: (d) => rate(of(d)?.step) },
        { title: 'features images/s', value: (d) => rate(of(d)?.features) },
      ]
    }),
  ]
  const missing = devices.flatMap((d) =>
    (d.there && checked(d)?.ok !== false) || !d.way ? [] : [`${d.id}: ${d.way.what.en}${d.way.command ? `\n  ${d.way.command}` : ''}`],
  )
  const problems = there.flatMap((d) => {
    const problem = checked(d)?.problem
    return problem ? [say(problem)] : []
  })
  return [
    `${machine.processor}, ${machine.cores} cores, ${Math.round(machine.memory / 2 ** 30)} GB`,
    `${machine.system}, onnxruntime ${runtime ?? 'missing'}`,
    `graphics: ${machine.graphics.join(', ') || 'none found'}`,
    '',
    renderTable(columns, there),
    ...problems,
    ...(last ? [] : ['not checked yet: --check, or --bench']),
    ...missing,
  ].join('\n')
}

const standing = (id: string, checked: CheckedDevice | undefined): string =>
  id === 'cpu' ? 'reference' : !checked ? '–' : checked.ok ? 'agrees' : 'not used'
