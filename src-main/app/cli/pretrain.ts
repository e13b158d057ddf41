import { Command } from 'commander'
import type { AppContext } from '../context.ts'
import { progressBar } from '../terminal/progress.ts'
import { makeNano } from '../pretrain/nano.ts'
import { makeSegmenter } from '../pretrain/segment.ts'
import { output } from './output.ts'

const bar = () => {
  const bars = new Map<string, ReturnType<typeof progressBar>>()
  return (phase: string, done: number, total: number, note?: string) => {
    let own = bars.get(phase)
    if (!own) bars.set(phase, (own = progressBar(phase, { total })))
    own.update({ done, total, note })
    if (done === total) own.end()
  }
}

const segmentCommand = (app: AppContext): Command =>
  new Command('segment')
    .description('train the built-in segmenter from Nano (about an hour)')
    .option('--out <dir>', 'checkpoint folder to write', `${app.nano}-segment`)
    .option('--steps <n>', 'updates (default: the recipe’s)')
    .action(async (o: { out: string; steps?: string; json?: boolean }) => {
      const result = await makeSegmenter(app, o.out, o.steps ? Number(o.steps) : undefined, bar())
      output(Boolean(o.json)).answer(result, () => `mIoU in unseen styles: ${result.miou.toFixed(3)}\n${o.out}`)
    })

export const pretrainCommand = (app: AppContext): Command =>
  new Command('pretrain')
    .description('train Nano, the built-in model, from scratch (hours)')
    .option('--out <dir>', 'checkpoint folder to write', app.nano)
    .option('--epochs <n>', 'passes over the pictures (default: the recipe’s)')
    .action(async (o: { out: string; epochs?: string; json?: boolean }) => {
      const result = await makeNano(app, o.out, o.epochs ? Number(o.epochs) : undefined, bar())
      output(Boolean(o.json)).answer(result, () => `zero-shot top-1 on the unseen style: ${(100 * result.zeroShot).toFixed(1)}%\n${o.out}`)
    })
    .addCommand(segmentCommand(app))
