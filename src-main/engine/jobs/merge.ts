import { readdirSync, renameSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { cancelled, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { accuracies, type MergeJob, type ResultOf } from '#shared/model/job.ts'
import { type Candidate, greedySoup } from '../merge/greedy.ts'
import { checkIngredients } from '../merge/ingredients.ts'
import { mergeCheckpoints } from '../merge/merge.ts'
import { methodRecord } from '../merge/methods.ts'
import { chooseProvider } from '../runtime/devices.ts'
import { replaceFolder } from '../../files/replace.ts'
import { checkReplaceable, findRecord, proveCheckpoint, readRecord, writeRecord } from '../weights/checkpoint.ts'
import { evaluateSplits } from './evaluate.ts'
import { knowledgeKept } from './knowledge.ts'
import { storeFor } from './pictures.ts'
import type { JobHooks } from './hooks.ts'

const NOTHING_MEASURED: ResultOf<'merge'>['measured'] = { task: 'classify', splits: {} }

/**
 * Merges checkpoints and evaluates the soup. A greedy soup is selected on the split `heldOut`, never on a test split.
 */
export async function mergeJob(job: MergeJob, hooks: JobHooks): Promise<ResultOf<'merge'>> {
  const started = performance.now()
  await checkReplaceable(job.out, job.checkpoints)
  const there = findRecord(job.out)
  if (there && !there.merge) throw userError(sentence('merging.over-trained', { folder: job.out }))
  await checkIngredients(job.checkpoints, job.insist)
  const { provider } = await chooseProvider(job.device)
  const stop = new AbortController()
  const watch = () => {
    if (hooks.isCancelled()) {
      stop.abort()
      throw cancelled()
    }
  }
  let ledger = null as ResultOf<'merge'>['ledger']
  if (methodRecord(job.method.name).chooses) {
    const heldOut = job.splits['heldOut'] ?? []
    if (!heldOut.length) throw userError(sentence('merging.no-held-out'))
    const score = async (dir: string) => {
      watch()
      const measured = await evaluateSplits(dir, { ...job, splits: { heldOut } }, { ...hooks, onProgress: () => undefined }, provider, {
        pictures: storeFor(job.splits),
      })
      return accuracies(measured)['heldOut']!
    }
    const candidates: Candidate[] = []
    for (const [i, dir] of job.checkpoints.entries()) {
      hooks.onProgress({ phase: 'scoring', done: i, total: job.checkpoints.length })
      candidates.push({ dir, heldOut: await score(dir) })
    }
    let tried = 0
    await replaceFolder(
      job.out,
      async (beside) => {
        const soup = await greedySoup(candidates, score, beside, {
          dtype: job.dtype,
          insist: job.insist,
          run: job.run,
          signal: stop.signal,
          helper: hooks.mergeHelper,
          onEntry: () => hooks.onProgress({ phase: 'greedy-soup', done: ++tried, total: candidates.length }),
        })
        ledger = [...soup.ledger]
        for (const name of readdirSync(soup.dir)) renameSync(path.join(soup.dir, name), path.join(beside, name))
        rmdirSync(soup.dir)
      },
      { proof: proveCheckpoint },
    )
  } else {
    await mergeCheckpoints({
      method: job.method,
      ingredients: job.checkpoints,
      out: job.out,
      dtype: job.dtype,
      insist: job.insist,
      run: job.run,
      signal: stop.signal,
      helper: hooks.mergeHelper,
      onProgress: (done) => {
        if (hooks.isCancelled()) stop.abort()
        hooks.onProgress({ phase: 'merging', done, total: 1 })
      },
    })
  }
  const measured = job.classes.length ? await evaluateSplits(job.out, job, hooks, provider) : NOTHING_MEASURED
  const record = readRecord(job.out)
  const made = { unchanged: job.knowledge?.unchanged ?? false, measured, seeing: record.seeing ?? {} }
  const { base = '', ...set } = job.knowledge ?? {}
  const knowledge = job.knowledge && (await knowledgeKept({ ...job, base, knowledge: set }, made, hooks, provider))
  await writeRecord(job.out, { ...record, metrics: { ...record.metrics, ...accuracies(measured) } })
  return {
    kind: 'merge',
    checkpoint: job.out,
    device: provider,
    seconds: (performance.now() - started) / 1000,
    measured,
    ...(knowledge && { knowledge }),
    ledger,
    notes: {
      ...(ledger && { kept: ledger.filter((e) => e.accepted).length }),
      dtype: record.merge?.dtype ?? '',
      insisted: record.merge?.insisted?.length ?? 0,
    },
    leftOut: [],
  }
}
