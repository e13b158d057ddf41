import { cancelled, DashiError, errorLine, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Item, Job, LeftOut } from '#shared/model/job.ts'
import { proved } from '../data/proof.ts'
import { UnreadableImage } from '../data/images.ts'
import type { JobHooks } from './hooks.ts'

const ATONCE = 16

/** Jobs on labelled images. */
type ImageJob = Extract<Job, { splits: unknown }>

/**
 * Runs a job without unreadable images. When one turns up midway, all images are checked and the job restarts without
 * the bad ones, so that its result is the same as if they had never been included; `leftOut` lists them.
 */
export async function leavingOut<R extends { leftOut: LeftOut[] }>(
  job: ImageJob,
  hooks: JobHooks,
  body: (job: ImageJob) => Promise<R>,
): Promise<R> {
  const leftOut: LeftOut[] = [...(job.leftOut ?? [])]
  for (let now = job; ;) {
    try {
      return { ...(await body(now)), leftOut }
    } catch (e) {
      if (!(e instanceof UnreadableImage)) throw e
      const found = await unreadableOf(now.splits, e, hooks)
      const gone = new Set(found.map((f) => f.item.file))
      leftOut.push(...found.map(({ item, reason }) => ({ file: item.name ?? item.file, reason })))
      now = {
        ...now,
        leftOut,
        splits: Object.fromEntries(Object.entries(now.splits).map(([name, items]) => [name, items.filter((i) => !gone.has(i.file))])),
      }
      if (!Object.values(now.splits).some((items) => items.length))
        throw userError(sentence('training.none-readable', { ...leftOut[0]! }), e)
    }
  }
}

async function unreadableOf(
  splits: ImageJob['splits'],
  met: UnreadableImage,
  { onProgress, isCancelled }: JobHooks,
): Promise<{ item: Item; reason: string }[]> {
  const items = [
    ...new Map(
      Object.values(splits)
        .flat()
        .map((item) => [item.file, item]),
    ).values(),
  ]
  const found: { item: Item; reason: string }[] = []
  for (let at = 0; at < items.length; at += ATONCE) {
    if (isCancelled()) throw cancelled()
    const reasons = await Promise.all(
      items.slice(at, at + ATONCE).map((item) => (item.file === met.file ? met.reason : reasonOf(item.file))),
    )
    reasons.forEach((reason, i) => reason !== null && found.push({ item: items[at + i]!, reason }))
    onProgress({ phase: 'checking', done: Math.min(items.length, at + ATONCE), total: items.length })
  }
  return found
}

const reasonOf = (file: string): Promise<string | null> =>
  proved(file).then(
    () => null,
    (e: unknown) => new UnreadableImage(file, e instanceof DashiError ? e : new DashiError('data', errorLine(e))).reason,
  )
