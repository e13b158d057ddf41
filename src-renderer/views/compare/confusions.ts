/** A model's confusions as a matrix of some classes. */
import type { Comparison } from '#shared/contract/evaluation.ts'

export type Cell = Comparison['confusions'][number]['cells'][number]
export const orders = ['errors', 'size', 'name'] as const
export type Order = (typeof orders)[number]

export interface Matrix {
  /** Indices of the classes, in the order of rows and columns. */
  classes: number[]
  /** By true class and answer. */
  at: (truth: number, said: number) => Cell | undefined
  /** Images of the class, and those called otherwise. */
  sizes: ReadonlyMap<number, { n: number; wrong: number }>
}

/** Of the classes whose name contains the filter, and those that are mistaken for them or they for. */
export function matrixOf(cells: readonly Cell[], names: readonly string[], order: Order, filter: string): Matrix {
  const known = new Map(cells.map((c) => [`${c.truth} ${c.said}`, c]))
  const sizes = new Map<number, { n: number; wrong: number }>()
  for (const c of cells) {
    const size = sizes.get(c.truth) ?? { n: 0, wrong: 0 }
    sizes.set(c.truth, { n: size.n + c.n, wrong: size.wrong + (c.said === c.truth ? 0 : c.n) })
  }
  const wanted = filter.trim().toLowerCase()
  const named = (k: number) => names[k]!.toLowerCase().includes(wanted)
  const involved = new Set(cells.flatMap((c) => (named(c.truth) || named(c.said) ? [c.truth, c.said] : [])))
  const of = (k: number) => sizes.get(k) ?? { n: 0, wrong: 0 }
  /** Classes that are often taken for each other stand side by side, so that their mistakes are in the part that is shown. */
  const mistakes = cells.filter((c) => c.truth !== c.said && involved.has(c.truth))
  const pairs = mistakes.sort((a, b) => b.n - a.n || of(b.truth).wrong - of(a.truth).wrong).flatMap((c) => [c.truth, c.said])
  const place = new Map([...new Set(pairs)].map((k, i) => [k, i]))
  const by: Record<Order, (a: number, b: number) => number> = {
    errors: (a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || of(b).wrong - of(a).wrong,
    size: (a, b) => of(b).n - of(a).n,
    name: () => 0,
  }
  const classes = [...involved].sort((a, b) => by[order](a, b) || names[a]!.localeCompare(names[b]!))
  return { classes, at: (truth, said) => known.get(`${truth} ${said}`), sizes }
}
