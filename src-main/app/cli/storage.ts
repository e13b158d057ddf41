import { Command } from 'commander'
import { budgetMost, type StorageUsage } from '#shared/contract/app.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { leftOf, makeRoom, storageOf } from '../storage/storage.ts'
import { output } from './output.ts'

export const storageCommand = (app: AppContext): Command =>
  new Command('storage')
    .option('--project <dir>', 'count this project too; those opened lately in a window always count')
    .option('--budget <size>', 'set the budget (500MB, 20GB, or none): jobs that would pass it wait; only caches are removed for it')
    .action(async (o: { project?: string; budget?: string; json?: boolean }) => {
      if (o.budget !== undefined) {
        app.storage?.keep(megabytesOf(o.budget))
        await makeRoom(app, 0, o.project)
      }
      const usage = await storageOf(app, o.project)
      output(Boolean(o.json)).answer({ ...usage, left: leftOf(usage) }, () => storageText(usage))
    })

/** 0 for none. */
function megabytesOf(text: string): number {
  if (text === 'none') return 0
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([MGT])i?B?$/i.exec(text) ?? []
  const megabytes = Math.round(Number(number) * 1024 ** 'MGT'.indexOf(unit?.toUpperCase() ?? ''))
  if (!(megabytes > 0 && megabytes <= budgetMost)) throw userError(sentence('storage.size', { found: text }))
  return megabytes
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`

function storageText(usage: StorageUsage): string {
  const { budget, checkpoints, states, downloads, caches } = usage
  const lines = Object.entries({ checkpoints, 'saved states': states, downloads, caches }).map(([name, n]) => `${name}: ${megabytes(n)}`)
  return [...lines, budget === null ? 'no budget' : `budget: ${megabytes(budget)}, ${megabytes(leftOf(usage)!)} left for jobs`].join('\n')
}
