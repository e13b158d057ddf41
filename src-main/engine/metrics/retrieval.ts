/**
 * Recall@k of retrieval: the fraction of queries with at least one relevant candidate among their k most similar.
 * Ties count against the query, so that a collapsed model with constant similarities retrieves nothing.
 *
 * @param similarity [queries, candidates] row-major
 * @param relevant the relevant candidates of each query; a query without any is a miss
 * @returns one number in [0, 1] per entry of `ks`
 */
export function recallAtK(similarity: ArrayLike<number>, relevant: readonly (readonly number[])[], ks: readonly number[]): number[] {
  return shares(ranksOf(similarity, relevant), ks)
}

/** How many candidates that are not relevant come before the first relevant one; Infinity without any. */
function ranksOf(similarity: ArrayLike<number>, relevant: readonly (readonly number[])[]): number[] {
  const queries = relevant.length
  const candidates = similarity.length / queries
  if (!Number.isInteger(candidates))
    throw new RangeError(`recall: ${similarity.length} similarities are not a whole row for each of ${queries} queries`)
  return relevant.map((wanted, q) => {
    const row = q * candidates
    const best = wanted.reduce((max, c) => Math.max(max, similarity[row + c]!), -Infinity)
    const isWanted = new Set(wanted)
    let before = 0
    for (let c = 0; c < candidates; c++) if (!isWanted.has(c) && similarity[row + c]! >= best) before++
    return wanted.length ? before : Infinity
  })
}

const shares = (ranks: readonly number[], ks: readonly number[]) => ks.map((k) => ranks.filter((rank) => rank < k).length / ranks.length)

/** Queries whose similarities are held at once. */
const BLOCK = 256

/** Embeddings of length 1, row-major. `own`: the captions that are true of each image, by their number; `n` different captions. */
interface Told {
  readonly images: { readonly rows: Float32Array; readonly own: readonly (readonly number[])[] }
  readonly texts: { readonly rows: Float32Array; readonly n: number }
}

/**
 * How many wrong ones come first, where each image looks for one of its captions among all, and each caption for one of its
 * images; ties count against the query.
 */
export function ranksBothWays(
  images: Told['images'],
  texts: Told['texts'],
  dim: number,
): { readonly texts: number[]; readonly images: number[] } {
  const imagesOf = Array.from({ length: texts.n }, () => [] as number[])
  images.own.forEach((own, i) => own.forEach((caption) => imagesOf[caption]!.push(i)))
  return { texts: ranksInBlocks(images.rows, texts.rows, images.own, dim), images: ranksInBlocks(texts.rows, images.rows, imagesOf, dim) }
}

/**
 * Recall@k of captions by images and of images by captions.
 * @returns for each of `ks`: the share of images that find one of their captions, and of captions that find one of their images
 */
export function bothWays(
  images: Told['images'],
  texts: Told['texts'],
  dim: number,
  ks: readonly number[],
): { readonly texts: number[]; readonly images: number[] } {
  const ranks = ranksBothWays(images, texts, dim)
  return { texts: shares(ranks.texts, ks), images: shares(ranks.images, ks) }
}

function ranksInBlocks(queries: Float32Array, candidates: Float32Array, relevant: readonly (readonly number[])[], dim: number): number[] {
  const m = candidates.length / dim
  const ranks: number[] = []
  for (let from = 0; from < relevant.length; from += BLOCK) {
    const wanted = relevant.slice(from, from + BLOCK)
    const similarity = new Float32Array(wanted.length * m)
    for (let q = 0; q < wanted.length; q++)
      for (let c = 0; c < m; c++) {
        let sum = 0
        for (let i = 0; i < dim; i++) sum += queries[(from + q) * dim + i]! * candidates[c * dim + i]!
        similarity[q * m + c] = sum
      }
    ranks.push(...ranksOf(similarity, wanted))
  }
  return ranks
}
