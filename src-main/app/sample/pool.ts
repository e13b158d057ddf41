/** Maps with at most `limit` concurrent calls; results are in item order, and the first error rejects. */
export async function mapLimit<T, R>(items: readonly T[], fn: (item: T) => Promise<R>, limit = 8): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  const work = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await fn(items[i]!)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work))
  return results
}
