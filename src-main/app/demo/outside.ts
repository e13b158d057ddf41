/** What a model still knows of concepts that it was not fine-tuned on. */
import path from 'node:path'
import { type JobProgress, predictionsOf } from '#shared/model/job.ts'
import type { ReportScore } from '#shared/model/report.ts'
import type { AppContext } from '../context.ts'
import { scored } from '../report/scored.ts'
import { withArticle } from '../sample/phrases.ts'
import type { Study } from '../sample/study/study.ts'

/** The score of a checkpoint as a zero-shot classifier of the study's other concepts. */
export type Outside = (checkpoint: string) => Promise<ReportScore>

export function measureOutside(
  app: AppContext,
  { dir, index }: Study,
  until: <T>(running: { result: Promise<T>; cancel(): void }) => Promise<T>,
  onProgress: (p: JobProgress) => void,
): Outside {
  const classes = index.outside.map(({ name }) => ({ name, phrase: withArticle(name) }))
  const items = index.pictures.filter(({ split }) => split === 'outside').map((p) => ({ file: path.join(dir, p.file), label: p.class }))
  return async (checkpoint) => {
    const { measured } = await until(
      app.engine.run(
        {
          kind: 'evaluate',
          task: 'classify',
          checkpoint,
          zeroShot: true,
          device: 'auto',
          classes,
          splits: { outside: items },
          cache: path.join(app.cache, 'features'),
        },
        onProgress,
      ),
    )
    const predictions = predictionsOf(measured)['outside']!
    return scored({ ...predictions, classes: classes.length })
  }
}
