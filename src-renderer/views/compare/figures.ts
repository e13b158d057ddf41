/** The rows of the table of figures, whatever was measured. */
interface Figure {
  split: string
  /** From 0 to 1, as its interval. */
  value: number
  interval: readonly [number, number] | null
  /** On how much it was measured. */
  about?: string
  /** Of the reference itself it is null. `test`: what p says. */
  against: { points: number; p: number; test: string } | null
}
export interface FigureRow {
  checkpoint: string
  name: string
  /** One for each split; null where nothing was measured. */
  figures: readonly (Figure | null)[]
  others: readonly { text: string; about?: string }[]
}

/** What classes can be ordered by. */
export const classOrders = ['difference', 'size', 'name'] as const
export type ClassOrder = (typeof classOrders)[number]

/** Those whose name contains the filter; what differs most, or has most examples, first. */
export function orderedClasses<T extends { name: string; size: number; apart: number }>(
  classes: readonly T[],
  order: ClassOrder,
  filter: string,
): T[] {
  const by: Record<ClassOrder, (a: T, b: T) => number> = {
    difference: (a, b) => b.apart - a.apart || b.size - a.size,
    size: (a, b) => b.size - a.size || b.apart - a.apart,
    name: () => 0,
  }
  const wanted = filter.trim().toLowerCase()
  return classes
    .filter((c) => c.name.toLowerCase().includes(wanted))
    .sort((a, b) => by[order](a, b) || a.name.localeCompare(b.name, undefined, { numeric: true }))
}
