/**
 * Greedy soup: Wortsman et al. 2022, arXiv:2203.05482, recipe 1. Candidates in the order of their held-out score, best
 * first; each is added to the running mean, and stays if the mean's held-out score gets better. As in mlfoundations/model-soups
 * (main.py) it must be strictly better; the paper's listing says ≥.
 */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { type MergeOptions, mergeCheckpoints, reference } from './merge.ts'

const recordAs = (dirs: readonly string[]) => ({ method: { name: 'greedy' as const }, ingredients: dirs.map(reference) })

export interface Candidate {
  readonly dir: string
  /** Its score on the held-out split, larger is better. Never the test split. */
  readonly heldOut: number
}

export interface LedgerEntry extends Candidate {
  /** Held-out score of the soup with this candidate in it. */
  readonly score: number
  readonly accepted: boolean
  /** `score` less the best score before it; what the first one brings is its own score. */
  readonly margin: number
}

export interface GreedySoup {
  /** One entry a candidate, in the order in which they were tried. */
  readonly ledger: readonly LedgerEntry[]
  /** The folders in the soup. A single one means that no other helped. */
  readonly ingredients: readonly string[]
  /** The soup as a checkpoint, in `workDir`. */
  readonly dir: string
  readonly heldOut: number
}

export interface GreedyOptions extends Pick<MergeOptions, 'signal' | 'helper' | 'dtype' | 'insist'> {
  onEntry?: (entry: LedgerEntry) => void
}

/**
 * @param evaluate held-out score of the checkpoint folder it is given; called once for each candidate but the first
 * @param workDir a folder for the soup and the one being tried; made if it is not there
 */
export async function greedySoup(
  candidates: readonly Candidate[],
  evaluate: (dir: string) => Promise<number>,
  workDir: string,
  { signal, onEntry, helper, dtype = 'keep', insist = false }: GreedyOptions = {},
): Promise<GreedySoup> {
  const order = [...candidates].sort((a, b) => b.heldOut - a.heldOut)
  const [best, ...others] = order
  if (!best) throw userError('greedy soup: expected at least one candidate')
  const bad = order.find((c) => !Number.isFinite(c.heldOut))
  if (bad) throw userError(`greedy soup: ${bad.dir}: expected a held-out score, found ${bad.heldOut}`)
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
  // The running mean stays F32, so that the rounding of a smaller dtype does not add up.
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
  if (!ledger.at(-1)!.accepted) fs.rmSync(trial, { recursive: true }) // the last one tried, and left where it was made
  // Once more from the ingredients, for their type and what they differ in: the mean that was tried knows neither.
  await mergeCheckpoints({
    method: { name: 'uniform' },
    ingredients,
    out: soup,
    dtype,
    insist,
    recordAs: { ...recordAs(ingredients), ledger },
    metrics: { heldOut },
    signal,
    helper,
  })
  return { ledger, ingredients, dir: soup, heldOut }
}
