import path from 'node:path'
import { Command } from 'commander'
import { runDemo } from '../demo/demo.ts'
import type { AppContext } from '../context.ts'
import { renderTable } from '../terminal/table.ts'
import { classCount } from '../sample/study/concepts.ts'
import { wholeNumber } from './numbers.ts'
import { jobBars, output, untilDone } from './output.ts'

export const demoCommand = (app: AppContext): Command =>
  new Command('demo')
    .option('--fast', 'a smaller run, of one seed and a part of the pictures')
    .option(
      '--classes <n>',
      'only the first so many of the 128 classes: sooner done, and figures that say less',
      wholeNumber(2, classCount),
    )
    .option('--out <dir>', 'project folder', 'dashi-demo')
    .action(async (o: { fast?: boolean; classes?: number; out: string; json?: boolean }) => {
      const { answer, say } = output(Boolean(o.json))
      let current: { title: string; bars: ReturnType<typeof jobBars> } | undefined
      const { table, ...document } = await runDemo(
        app,
        path.resolve(o.out),
        { fast: Boolean(o.fast), classes: o.classes },
        {
          say,
          until: untilDone,
          onProgress(title, p) {
            if (current?.title !== title) {
              current?.bars.end()
              current = { title, bars: jobBars(title) }
            }
            current.bars.onProgress(p)
          },
        },
      )
      current?.bars.end()
      const percent = (s?: { accuracy: number; interval: readonly number[] }) =>
        s && `${(100 * s.accuracy).toFixed(1)} ± ${(50 * (s.interval[1]! - s.interval[0]!)).toFixed(1)}`
      answer(
        document,
        () =>
          `${renderTable(
            [
              { title: '', value: (r) => r.name },
              { title: 'in distribution', value: (r) => percent(r.id) },
              { title: 'other studio', value: (r) => percent(r.ood) },
              { title: 'outlines', value: (r) => percent(r.sketch) },
              { title: 'corrupted', value: (r) => percent(r.corrupted) },
              { title: 'other concepts', value: (r) => percent(r.forgotten) },
              { title: 'seconds', value: (r) => r.seconds!.toFixed(0) },
            ],
            table,
          )}\nAccuracy in %, with 95% intervals. Report: ${document.report}`,
      )
    })
