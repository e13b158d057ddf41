/** How long a linear probe takes, by a part of its images and of its fits. */

/**
 * How long a probe's fits take together, by a few whose C are spread over the range: each of the others takes what lies between its
 * neighbours' times. (The time of a fit grows with C until the iterations reach their limit.)
 * @param made seconds of the fits that were made, at least one
 * @param toCome how many of the few were not made: they are taken to last as long as the last one
 * @param whole how many fits the probe has, its first and last C being those of the few
 */
export function probeSeconds(made: readonly number[], toCome: number, whole: number): number {
  const fits = [...made, ...Array.from({ length: toCome }, () => made.at(-1)!)]
  const sum = fits.reduce((a, b) => a + b, 0)
  if (fits.length < 2 || whole <= fits.length) return sum
  const each = (whole - 1) / (fits.length - 1)
  return each * sum - ((each - 1) / 2) * (fits[0]! + fits.at(-1)!)
}

/** For each label, which of a sample stands for it: one of the same label, all of them in turn; any where the sample has none. */
export function standIns(labels: readonly number[], sample: readonly number[]): number[] {
  const of = new Map<number, number[]>()
  sample.forEach((label, row) => of.set(label, [...(of.get(label) ?? []), row]))
  const turns = new Map<number, number>()
  return labels.map((label, i) => {
    const own = of.get(label)
    if (!own) return i % sample.length
    const turn = turns.get(label) ?? 0
    turns.set(label, turn + 1)
    return own[turn % own.length]!
  })
}
