import path from 'node:path'
import { Argument, Command } from 'commander'
import type { AppContext } from '../context.ts'
import { progressBar } from '../terminal/progress.ts'
import { makeNanoDetector } from '../pretrain/detect.ts'
import { makeNano } from '../pretrain/nano.ts'
import { makeSegmenter } from '../pretrain/segment.ts'
import { output } from './output.ts'

interface Lengths {
  readonly epochs?: number
  readonly steps?: number
  readonly threads?: number
}
type OnProgress = (phase: string, done: number, total: number, note?: string) => void

/** What can be trained: where it is written by default, and how. */
const models: Readonly<
  Record<
    string,
    { folder(app: AppContext): string; make(app: AppContext, out: string, o: Lengths, on: OnProgress): Promise<[object, string]> }
  >
> = {
  nano: {
    folder: (app) => app.nano,
    make: async (app, out, { epochs }, on) => {
      const result = await makeNano(app, out, epochs, on)
      return [result, `zero-shot top-1 on the unseen style: ${(100 * result.zeroShot).toFixed(1)}%`]
    },
  },
  detect: {
    folder: (app) => path.join(app.nano, '..', 'nano-detect'),
    make: async (app, out, o, on) => {
      const result = await makeNanoDetector(app, out, o, on)
      const ap50 = (of: Readonly<Record<string, number>>) => (100 * (of['ap50'] ?? 0)).toFixed(1)
      return [result, `AP50 in unseen styles: ${ap50(result.seen)}% of seen words, ${ap50(result.unseen)}% of unseen ones`]
    },
  },
  segment: {
    folder: (app) => path.join(app.nano, '..', 'nano-segment'),
    make: async (app, out, o, on) => {
      const result = await makeSegmenter(app, out, o, on)
      const percent = (x: number) => `${(100 * x).toFixed(1)}%`
      return [result, `mIoU in unseen styles: ${percent(result.miou)} of seen words, ${percent(result.miouUnseenWords)} of unseen ones`]
    },
  },
}

export const pretrainCommand = (app: AppContext): Command =>
  new Command('pretrain')
    .description('train a built-in model from scratch (hours): Nano, or the detector or segmenter that starts from it')
    .addArgument(new Argument('[model]', 'which').choices(Object.keys(models)).default('nano'))
    .option('--out <dir>', 'checkpoint folder to write (default: the built-in one’s)')
    .option('--epochs <n>', 'for nano, passes over the pictures (default: the recipe’s)')
    .option('--steps <n>', 'for detect and segment, steps (default: the recipe’s)')
    .option('--threads <n>', 'for detect and segment, threads (default: one a core); on a busy machine one may be faster')
    .action(async (which: string, o: { out?: string; epochs?: string; steps?: string; threads?: string; json?: boolean }) => {
      const bars = new Map<string, ReturnType<typeof progressBar>>()
      const number = (given: string | undefined) => (given === undefined ? undefined : Number(given))
      const lengths = { epochs: number(o.epochs), steps: number(o.steps), threads: number(o.threads) }
      const out = o.out ?? models[which]!.folder(app)
      const [result, line] = await models[which]!.make(app, out, lengths, (phase, done, total, note) => {
        let bar = bars.get(phase)
        if (!bar) bars.set(phase, (bar = progressBar(phase, { total })))
        bar.update({ done, total, note })
        if (done === total) bar.end()
      })
      output(Boolean(o.json)).answer(result, () => `${line}\n${out}`)
    })
