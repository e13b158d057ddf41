import { Rng } from '../data/rng.ts'

/** An image, or several that must stay together. */
export interface Unit {
  /** Number of images. */
  readonly size: number
  /** Label → number of the unit's images that have it. */
  readonly labels: ReadonlyMap<number, number>
}

/**
 * Iterative stratification (Sechidis, Tsoumakas & Vlahavas 2011, "On the Stratification of Multi-Label Data",
 * Algorithm 1): the label with the fewest remaining images goes first, each of its units to the split that lacks most
 * of that label, then to the one that lacks most images. Beyond the paper: units may hold several images, and large
 * units go first; a full split takes nothing while another is not full, so that the shares hold even if a hundred
 * labels have one image each; `fixed` units are already assigned. Deterministic for a seed.
 *
 * @param shares fraction of each split, summing to 1
 * @param fixed unit → split
 * @returns the split of each unit
 */
export function stratify(
  units: readonly Unit[],
  shares: readonly number[],
  { seed = 0, fixed = new Map<number, number>() }: { seed?: number; fixed?: ReadonlyMap<number, number> } = {},
): Int32Array {
  const rng = Rng.of(seed, 0x5ec41d15)
  const order = rng.shuffle(units.map((_, i) => i)).sort((a, b) => units[b]!.size - units[a]!.size) // stable: equal sizes stay shuffled
  const total = units.reduce((sum, u) => sum + u.size, 0)
  const lacking = shares.map((share) => share * total)
  const byLabel = new Map<number, { left: number; lacking: number[]; units: number[] }>()
  for (const i of order)
    for (const [label, count] of units[i]!.labels) {
      let entry = byLabel.get(label)
      if (!entry) byLabel.set(label, (entry = { left: 0, lacking: [], units: [] }))
      entry.left += count
      entry.units.push(i)
    }
  for (const entry of byLabel.values()) entry.lacking = shares.map((share) => share * entry.left)

  const assigned = new Int32Array(units.length).fill(-1)
  const assign = (i: number, split: number) => {
    assigned[i] = split
    lacking[split]! -= units[i]!.size
    for (const [label, count] of units[i]!.labels) {
      const entry = byLabel.get(label)!
      entry.left -= count
      entry.lacking[split]! -= count
    }
  }
  /** The split with the largest need; on ties the one that lacks most images, then a random one. */
  const neediest = (need: readonly number[], size: number) => {
    const open = (s: number) => lacking[s]! > 1e-9 && lacking[s]! >= size / 2 - 1e-9
    const some = shares.some((_, s) => open(s))
    let best: number[] = []
    for (let s = 0; s < shares.length; s++) {
      if (some && !open(s)) continue
      const b = best[0]
      const more = b === undefined ? 1 : compare(need[s]!, need[b]!) || compare(lacking[s]!, lacking[b]!)
      if (more > 0) best = [s]
      else if (more === 0) best.push(s)
    }
    return best[best.length > 1 ? rng.int(best.length) : 0]!
  }

  for (const [i, split] of fixed) assign(i, split)
  const waiting = new Map(byLabel)
  for (;;) {
    let rarest: { left: number; lacking: number[]; units: number[] } | undefined
    for (const [label, entry] of waiting) {
      if (entry.left === 0) waiting.delete(label)
      else if (!rarest || entry.left < rarest.left) rarest = entry
    }
    if (!rarest) break
    for (const i of rarest.units) if (assigned[i] === -1) assign(i, neediest(rarest.lacking, units[i]!.size))
  }
  for (const i of order) if (assigned[i] === -1) assign(i, neediest(lacking, units[i]!.size))
  return assigned
}

/** Tolerates rounding errors in sums that should be equal. */
const compare = (a: number, b: number) => (Math.abs(a - b) < 1e-9 ? 0 : a - b)
