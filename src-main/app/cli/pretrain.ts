import path from 'node:path'
import { Argument, Command } from 'commander'
import type { AppContext } from '../context.ts'
import { progressBar } from '../terminal/progress.ts'
import { makeNanoDetector, makeRefiner } from '../pretrain/detect.ts'
import { measureBox } from '../pretrain/figures.ts'
import { makeNames } from '../pretrain/names.ts'
import { makeNano } from '../pretrain/nano.ts'
import { makeOutliner, makeSegmenter } from '../pretrain/segment.ts'
import { output } from './output.ts'

interface Lengths {
  readonly epochs?: number
  readonly steps?: number
  readonly threads?: number
}
type OnProgress = (phase: string, done: number, total: number, note?: string) => void

const said = ({ steps, seconds }: { readonly steps: number; readonly seconds: number }) =>
  `${steps} steps in ${Math.round(seconds / 60)} min`

/** What can be trained, or measured: where it is written by default, and how. */
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
      return [result, said(result)]
    },
  },
  refine: {
    folder: (app) => path.join(app.nano, '..', 'nano-refine'),
    make: async (app, out, o, on) => {
      const result = await makeRefiner(app, out, o, on)
      return [result, said(result)]
    },
  },
  names: {
    folder: (app) => path.join(app.nano, '..', 'nano-names'),
    make: async (app, out, o, on) => {
      const result = await makeNames(app, out, o, on)
      const percent = (x: number) => `${(100 * x).toFixed(1)}%`
      const said = ({ seen, unseen }: { seen: number; unseen: number }) =>
        `${percent(seen)} of seen words, ${percent(unseen)} of unseen ones`
      return [result, `named right in unseen styles: ${said(result.figures)}; by Nano ${said(result.before)}`]
    },
  },
  segment: {
    folder: (app) => path.join(app.nano, '..', 'nano-segment'),
    make: async (app, out, o, on) => {
      const result = await makeSegmenter(app, out, o, on)
      return [result, said(result)]
    },
  },
  outline: {
    folder: (app) => path.join(app.nano, '..', 'nano-outline'),
    make: async (app, out, o, on) => {
      const result = await makeOutliner(app, out, o, on)
      return [result, said(result)]
    },
  },
  figures: {
    folder: (app) => path.dirname(app.nano),
    make: async (app, _, __, on) => {
      const result = await measureBox(app, on)
      const lines = Object.entries(result).flatMap(([model, figures]) =>
        Object.entries(figures).map(([id, x]) => `${model} ${id} ${x.toFixed(3)}`),
      )
      return [result, lines.join('\n')]
    },
  },
}

export const pretrainCommand = (app: AppContext): Command =>
  new Command('pretrain')
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
