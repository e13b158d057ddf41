import { Command } from 'commander'
import type { AppContext } from '../context.ts'
import { progressBar } from '../terminal/progress.ts'
import { makeNano } from '../pretrain/nano.ts'
import { output } from './output.ts'

export const pretrainCommand = (app: AppContext): Command =>
  new Command('pretrain')
    .description('train Nano, the built-in model, from scratch (hours)')
    .option('--out <dir>', 'checkpoint folder to write', app.nano)
    .option('--epochs <n>', 'passes over the pictures (default: the recipe’s)')
    .action(async (o: { out: string; epochs?: string; json?: boolean }) => {
      const bars = new Map<string, ReturnType<typeof progressBar>>()
      const result = await makeNano(app, o.out, o.epochs ? Number(o.epochs) : undefined, (phase, done, total, note) => {
        let bar = bars.get(phase)
        if (!bar) bars.set(phase, (bar = progressBar(phase, { total })))
        bar.update({ done, total, note })
        if (done === total) bar.end()
      })
      output(Boolean(o.json)).answer(result, () => `zero-shot top-1 on the unseen style: ${(100 * result.zeroShot).toFixed(1)}%\n${o.out}`)
    })
