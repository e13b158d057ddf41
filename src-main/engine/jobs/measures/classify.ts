import path from 'node:path'
import { cancelled, dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { classesOf } from '#shared/model/job.ts'
import { Images } from '../../data/images.ts'
import type { Model } from '../../models/model.ts'
import type { Provider } from '../../runtime/session.ts'
import { imageFeatures, zeroShotHead } from '../../tasks/embed.ts'
import { classifierLogits } from '../../tasks/image-prompts.ts'
import { classify } from '../../tasks/classify.ts'
import { HEAD_FILE, type Head, rowsOfHead } from '../../weights/head.ts'
import { allFinite } from '../../weights/dtype.ts'
import { type Data, defineMeasure } from '../measure.ts'

/** Without images that have captions alone. */
const labelled = (splits: Data['splits']): Data['splits'] =>
  Object.fromEntries(Object.entries(splits).map(([name, items]) => [name, items.filter((item) => classesOf(item).length)]))

/** Predictions on every split. A checkpoint without a head is measured as a zero-shot classifier. */
export default defineMeasure({
  id: 'classify',
  order: 1,
  title: classify.title,
  main: 'accuracy',
  about: 'labels of images',
  async measure(model, given, { hooks, provider, pictures, patience }) {
    const data = { ...given, splits: labelled(given.splits) }
    const head = await headOf(model, data, provider)
    const names = Object.keys(data.splits)
    const images = new Images(
      names.flatMap((name) => data.splits[name]!),
      pictures,
      patience,
    )
    const features = await imageFeatures(model, images, {
      provider,
      cache: data.cache,
      onProgress: (done, total) => hooks.onProgress({ phase: 'evaluating', done, total }),
      isCancelled: () => {
        if (hooks.isCancelled()) throw cancelled()
      },
    })
    const logits = await classifierLogits(model, features, head, provider)
    if (!allFinite(logits)) throw dataError(path.join(model.dir, HEAD_FILE), sentence('evaluation.out-of-range'))
    let row = 0
    const splits = names.map((name) => {
      const labels = Int32Array.from(data.splits[name]!, (item) => item.label)
      const own = logits.slice(row * head.bias.length, (row += labels.length) * head.bias.length)
      return [name, classify.measure(own, labels, head.bias.length)] as const
    })
    return { task: 'classify', splits: Object.fromEntries(splits) }
  },
})

/** The checkpoint's head with its rows in the order of the job's classes; or the zero-shot head. */
export async function headOf(
  model: Model,
  { classes, templates, zeroShot }: Pick<Data, 'classes' | 'templates' | 'zeroShot'>,
  provider: Provider,
): Promise<Head> {
  if (!model.head || zeroShot) return zeroShotHead(model, classes, templates?.length ? templates : model.templates, { provider })
  const own = model.head.classes
  const rows = classes.map(({ name }) => {
    const row = own.indexOf(name)
    if (row < 0) throw dataError(`${model.dir}/${HEAD_FILE}`, sentence('evaluation.unknown-class', { class: name }))
    return row
  })
  return rowsOfHead(model.head, rows)
}
