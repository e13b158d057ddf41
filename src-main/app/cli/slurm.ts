/** Slurm in the terminal: the options of what trains, `dashi slurm`, and what a job does on its node. */
import { Command, Option } from 'commander'
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { type RunnerId, type SlurmSettings, slurmSettings } from '#shared/model/slurm.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { runners } from '../runners/index.ts'
import { carryOutPlan } from '../runners/slurm/carry-out.ts'
import { renderTable } from '../terminal/table.ts'
import { output } from './output.ts'

export const runnerOption = () =>
  new Option('--runner <where>', 'local: on this machine; slurm: as jobs of a Slurm cluster')
    .choices(runners.map((r) => r.id))
    .default('local' satisfies RunnerId)

export const slurmOption = () => new Option('--slurm <key=value...>', 'with --runner slurm: settings for this time; dashi slurm lists them')

/** The settings with those given as `partition=gpu`. @throws a user fault naming the setting */
function changed(settings: SlurmSettings, pairs: readonly string[]): SlurmSettings {
  const given = pairs.map((pair) => {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? []
    if (!key || value === undefined) throw userError(sentence('command.set', { found: pair }))
    if (!Object.hasOwn(slurmSettings.shape, key))
      throw userError(sentence('slurm.setting-unknown', { setting: key, known: Object.keys(slurmSettings.shape).join(', ') }))
    const typed =
      key === 'cpus' || key === 'save' ? Number(value) : key === 'requeue' && /^(true|false)$/.test(value) ? value === 'true' : value
    return [key, typed] as const
  })
  const parsed = slurmSettings.safeParse({ ...settings, ...Object.fromEntries(given) })
  if (!parsed.success) throw userError(sentence('slurm.setting', { problem: issueSentence(parsed.error) }))
  return parsed.data
}

/** The application with the settings of Slurm that were given for this time. */
export function onSlurm(app: AppContext, pairs: readonly string[] | undefined): AppContext {
  const { slurm } = app
  if (!slurm || !pairs?.length) return app
  const settings = changed(slurm.settings(), pairs)
  return { ...app, slurm: { ...slurm, settings: () => settings } }
}

export const slurmCommand = (app: AppContext): Command =>
  new Command('slurm')
    .option('--set <key=value...>', 'keep these settings', [])
    .action((o: { set: string[]; json?: boolean }) => {
      const { slurm } = app
      if (!slurm) throw userError(sentence('runner.absent', { runner: 'slurm' }))
      const settings = changed(slurm.settings(), o.set)
      if (o.set.length) slurm.keep(settings)
      const missing = runners.find((r) => r.id === 'slurm')!.missing(app)
      output(Boolean(o.json)).answer({ settings, missing: missing && say(missing) }, () => textOf(settings, missing && say(missing)))
    })
    .addCommand(
      new Command('carry-out')
        .description('on a node: carry out the plan of a run')
        .argument('<plan>', 'plan.json in the folder of the run')
        .action(async (plan: string) => {
          process.exitCode = await carryOutPlan(app, plan)
        }),
      { hidden: true },
    )

function textOf(settings: SlurmSettings, missing: string | null): string {
  const rows = Object.entries(slurmSettings.shape).map(([name, schema]) => ({
    name,
    value: String(settings[name as keyof SlurmSettings]),
    about: (schema as z.ZodType).meta()?.description ?? '',
  }))
  const table = renderTable<(typeof rows)[number]>(
    [
      { title: 'setting', align: 'left', value: (r) => r.name },
      { title: 'value', align: 'left', value: (r) => r.value },
      { title: '', align: 'left', value: (r) => r.about },
    ],
    rows,
  )
  return `${table}${missing ?? 'sbatch was found: dashi train --runner slurm submits jobs.'}`
}
