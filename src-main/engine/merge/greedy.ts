/**
 * Greedy soup (Wortsman et al. 2022, arXiv:2203.05482, recipe 1). Candidates are tried in descending order of
 * held-out score; each is added to the running mean and stays if that improves the mean's held-out score. As in
 * mlfoundations/model-soups (main.py) the improvement must be strict; the paper's listing says ≥.
 */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { type MergeOptions, mergeCheckpoints, reference } from './merge.ts'

const recordAs = (dirs: readonly string[]) => ({ method: { name: 'greedy' as const }, ingredients: dirs.map(reference) })

export interface Candidate {
  readonly dir: string
  /** Score on the held-out split, higher is better. Never the test split. */
  readonly heldOut: number
}

export interface LedgerEntry extends Candidate {
  /** Held-out score of the soup including this candidate. */
  readonly score: number
  readonly accepted: boolean
  /** `score` minus the best score so far; the first candidate's own score. */
  readonly margin: number
}

export interface GreedySoup {
  /** One entry per candidate, in the order of trial. */
  readonly ledger: readonly LedgerEntry[]
  /** The folders in the soup. A single one means that no other candidate improved it. */
  readonly ingredients: readonly string[]
  /** The soup as a checkpoint, in `workDir`. */
  readonly dir: string
  readonly heldOut: number
}

export interface GreedyOptions extends Pick<MergeOptions, 'signal' | 'helper' | 'dtype' | 'insist' | 'run'> {
  onEntry?: (entry: LedgerEntry) => void
}

/**
 * @param evaluate returns the held-out score of a checkpoint folder; called once for each candidate except the first
 * @param workDir holds the current soup and the trial; created if missing
 */
export async function greedySoup(
  candidates: readonly Candidate[],
  evaluate: (dir: string) => Promise<number>,
  workDir: string,
  { signal, onEntry, helper, dtype = 'keep', insist = false, run }: GreedyOptions = {},
): Promise<GreedySoup> {
  const order = [...candidates].sort((a, b) => b.heldOut - a.heldOut)
  const [best, ...others] = order
  if (!best) throw userError(sentence('merge.greedy-none'))
  const bad = order.find((c) => !Number.isFinite(c.heldOut))
  if (bad) throw userError(sentence('merge.greedy-score', { checkpoint: bad.dir, found: String(bad.heldOut) }))
  const soup = path.join(workDir, 'soup')
  const trial = path.join(workDir, 'trial')
  const ingredients = [best.dir]
  const ledger: LedgerEntry[] = []
  const note = (entry: LedgerEntry) => {
    ledger.push(entry)
    onEntry?.(entry)
  }
  let heldOut = best.heldOut
  note({ ...best, score: heldOut, accepted: true, margin: heldOut })
  // The running mean is kept in F32, so that rounding errors of a narrower dtype do not accumulate.
  await mergeCheckpoints({
    method: { name: 'uniform' },
    ingredients,
    out: soup,
    dtype: 'float32',
    recordAs: recordAs(ingredients),
    signal,
    helper,
  })
  for (const candidate of others) {
    const n = ingredients.length
    await mergeCheckpoints({
      method: { name: 'linear', weights: [n / (n + 1), 1 / (n + 1)] },
      ingredients: [soup, candidate.dir],
      out: trial,
      dtype: 'float32',
      insist,
      recordAs: recordAs([...ingredients, candidate.dir]),
      signal,
      helper,
    })
    const score = await evaluate(trial)
    const accepted = score > heldOut
    note({ ...candidate, score, accepted, margin: score - heldOut })
    if (!accepted) continue
    heldOut = score
    ingredients.push(candidate.dir)
    fs.rmSync(soup, { recursive: true })
    fs.renameSync(trial, soup)
  }
  if (!ledger.at(-1)!.accepted) fs.rmSync(trial, { recursive: true }) // the last trial was rejected and is still there
  // The final soup is merged again from the ingredients: the running mean has lost their dtypes and differences.
  await mergeCheckpoints({
    method: { name: 'uniform' },
    ingredients,
    out: soup,
    dtype,
    insist,
    recordAs: { ...recordAs(ingredients), ledger },
    metrics: { heldOut },
    run,
    signal,
    helper,
  })
  return { ledger, ingredients, dir: soup, heldOut }
}
