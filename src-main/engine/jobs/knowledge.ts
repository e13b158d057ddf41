/** What a training or a soup gained and forgot: the base and the result on the same images, within the task and outside of it. */
import { cancelled, DashiError, errorLine } from '#shared/errors.ts'
import { classesOf, type ClassSpec, type Item, type Measured, type TrainJob } from '#shared/model/job.ts'
import type { Change, Knowledge, KnowledgeSet } from '#shared/model/knowledge.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { PixelStore } from '../data/cache.ts'
import { Images } from '../data/images.ts'
import { pairedBootstrap } from '../metrics/bootstrap.ts'
import { outcomes } from '../metrics/predictions.ts'
import { ranksBothWays } from '../metrics/retrieval.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import type { Provider } from '../runtime/session.ts'
import { imageFeatures, textFeatures, unitRows, zeroShotHead } from '../tasks/embed.ts'
import { classifierLogits } from '../tasks/image-prompts.ts'
import type { JobHooks } from './hooks.ts'

/** The split of the task that is shown beside what was lost: the first there is. */
const TASK_SPLITS = ['id', 'test', 'heldOut', 'val']
/** Templates of which a class's embedding is the mean; more cost much and change little. */
const TEMPLATES = 8
/** Bytes of decoded images that are kept between the base and the result. */
const STORE = 1 << 28

type Asked = Pick<TrainJob, 'out' | 'classes' | 'splits' | 'cache'> & { readonly base: string; readonly knowledge: KnowledgeSet }

interface Made {
  /** Whether both towers are those of the base. */
  readonly unchanged: boolean
  readonly measured: Measured
  readonly seeing: Seeing
  /** By default those of the base. */
  readonly templates?: readonly string[]
}

/**
 * Never fails but by being cancelled: the checkpoint is written by then.
 * @returns undefined if the base has no towers of images and texts
 */
export async function knowledgeKept(job: Asked, made: Made, hooks: JobHooks, provider: Provider): Promise<Knowledge | undefined> {
  const base = await openModel(job.base, made.seeing)
  try {
    if (!isContrastive(base)) return undefined
    if (made.unchanged) return { kind: 'unchanged' }
    const result = await openModel(job.out)
    try {
      return await compared(job, made, { base, result }, hooks, provider)
    } finally {
      result.close()
    }
  } catch (e) {
    if (e instanceof DashiError && e.fault === 'cancelled') throw e
    return { kind: 'failed', problem: errorLine(e) }
  } finally {
    base.close()
  }
}

const isContrastive = ({ family, text, similarity }: Model) => Boolean(text && similarity) && family.can.includes('embedImage')

async function compared(
  job: Asked,
  { measured, templates }: Made,
  { base, result }: { readonly base: Model; readonly result: Model },
  hooks: JobHooks,
  provider: Provider,
): Promise<Knowledge> {
  const { outside, captions } = job.knowledge
  const store = new PixelStore(STORE)
  const features = (model: Model, items: readonly Item[]) =>
    imageFeatures(model, new Images(items, store), {
      ...{ provider, cache: job.cache },
      isCancelled: () => {
        if (hooks.isCancelled()) throw cancelled()
      },
      onProgress: (done, total) => hooks.onProgress({ phase: 'comparing', done, total }),
    })
  /** Of each image, whether it is named rightly among the classes. */
  const named = async (model: Model, items: readonly Item[], classes: readonly ClassSpec[], by: readonly string[]) => {
    const head = await zeroShotHead(model, classes, by, { provider })
    const logits = await classifierLogits(model, await features(model, items), head, provider)
    return outcomes({ classes: classes.length, labels: Int32Array.from(items, (item) => item.label), logits })
  }
  const gain = async () => {
    if (measured.task !== 'classify') return undefined
    const split = TASK_SPLITS.find((name) => measured.splits[name]?.n)
    if (split === undefined) return undefined
    const { labels, logits } = measured.splits[split]!
    const items = job.splits[split]!.filter((item) => classesOf(item).length)
    const before = await named(base, items, job.classes, templates ?? base.templates)
    return { split, ...changeOf(before, outcomes({ classes: job.classes.length, labels, logits })) }
  }
  const others = async () => {
    if (!outside?.items.length) return undefined
    const { of, classes, items } = outside
    const by = (model: Model) => named(model, items, classes, model.templates.slice(0, TEMPLATES))
    return { of, classes: classes.length, ...changeOf(await by(base), await by(result)) }
  }
  const told = async () => {
    if (!captions?.length) return {}
    const [before, after] = [await found(base), await found(result)]
    return { texts: changeOf(before.texts, after.texts), images: changeOf(before.images, after.images) }
  }
  /** Of each image whether it finds one of its captions first, and of each caption whether it finds one of its images. */
  const found = async (model: Model) => {
    const texts = [...new Set(captions!.flatMap((item) => item.captions!))]
    const at = new Map(texts.map((text, i) => [text, i]))
    const own = captions!.map((item) => [...new Set(item.captions!.map((text) => at.get(text)!))])
    const worded = texts.map((text) => model.captionTemplate.replace('{}', () => text))
    const ranks = ranksBothWays(
      { rows: unitRows(await features(model, captions!), model.dim), own },
      { rows: await textFeatures(model, worded, { provider }), n: texts.length },
      model.dim,
    )
    const first = (of: readonly number[]) => Uint8Array.from(of, (rank) => Number(rank === 0))
    return { texts: first(ranks.texts), images: first(ranks.images) }
  }
  const [gained, kept] = [await gain(), await others()]
  return { kind: 'measured', ...(gained && { gain: gained }), ...(kept && { outside: kept }), ...(await told()) }
}

/** @param before 1 for each example that was right, else 0 */
export function changeOf(before: Uint8Array, after: Uint8Array): Change {
  const mean = (of: Uint8Array) => of.reduce((sum, x) => sum + x, 0) / of.length
  const [was, is] = [mean(before), mean(after)]
  return { n: before.length, before: was, after: is, change: is - was, interval: pairedBootstrap(after, before) }
}
