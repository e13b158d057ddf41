/**
 * Average precision and recall of found objects, as in pycocotools' COCOeval: greedy matching by score at an IoU threshold,
 * monotone precision, mean over 101 recall levels; by the objects' sizes and by the number of detections per image.
 */

export interface Found<S> {
  readonly label: number
  readonly score: number
  readonly shape: S
}
export interface Wanted<S> {
  readonly label: number
  readonly shape: S
  /** A region with many objects: what is found in it counts neither as a hit nor as a false alarm. */
  readonly crowd?: boolean
  /** COCO's own field; the shape's area by default. */
  readonly area?: number
}
export interface CocoImage<S> {
  readonly found: readonly Found<S>[]
  readonly wanted: readonly Wanted<S>[]
}

/** What is compared: boxes or masks. */
export interface Measure<S> {
  area(shape: S): number
  /** IoU; against a crowd, the fraction of what was found inside it. */
  iou(found: S, wanted: S, crowd: boolean): number
}

/** Bit-identical to numpy's linspace, since an IoU may equal a threshold exactly. */
export const THRESHOLDS = Array.from({ length: 10 }, (_, i) => 0.5 + i * ((0.95 - 0.5) / 9))
const MOST_FOUND = 100

/** Areas in pixels, both ends included. */
const SIZES = { all: [0, 1e10], small: [0, 32 ** 2], medium: [32 ** 2, 96 ** 2], large: [96 ** 2, 1e10] } as const
export type SizeClass = keyof typeof SIZES

export interface CocoScores {
  /** Mean over classes and IoU thresholds 0.50, 0.55 … 0.95, in [0, 1]; NaN if no class has an object. */
  readonly ap: number
  readonly ap50: number
  readonly ap75: number
  readonly apBySize: Readonly<Record<Exclude<SizeClass, 'all'>, number>>
  /** Recall with at most 1, 10 and 100 detections of a class per image, mean over classes and thresholds. */
  readonly ar: Readonly<Record<1 | 10 | 100, number>>
  readonly arBySize: Readonly<Record<Exclude<SizeClass, 'all'>, number>>
  /** AP of each class, mean over the thresholds; null for a class without objects. */
  readonly perClass: (number | null)[]
}

export function cocoScores<S>(images: readonly CocoImage<S>[], classes: number, measure: Measure<S>): CocoScores {
  const byClass = Array.from({ length: classes }, (_, label) => pairsOf(images, label, measure))
  const curvesOf = (size: SizeClass, most: number = MOST_FOUND) =>
    byClass.map((pairs) => THRESHOLDS.map((threshold) => curve(pairs, threshold, size, most)))
  const isThere = ([first]: readonly Curve[]) => first!.total > 0
  const of = (size: SizeClass, most?: number) => curvesOf(size, most).filter(isThere)
  const each = curvesOf('all')
  const [all, small, medium, large] = [each.filter(isThere), of('small'), of('medium'), of('large')]
  const ap = (curves: Curve[][]) => mean(curves.flat().map(averagePrecision))
  const ar = (curves: Curve[][]) => mean(curves.flat().map(({ recall }) => recall.at(-1) ?? 0))
  const at = (k: number) => mean(all.map((c) => averagePrecision(c[k]!)))
  return {
    ap: ap(all),
    ap50: at(0),
    ap75: at(5),
    apBySize: { small: ap(small), medium: ap(medium), large: ap(large) },
    ar: { 1: ar(of('all', 1)), 10: ar(of('all', 10)), 100: ar(all) },
    arBySize: { small: ar(small), medium: ar(medium), large: ar(large) },
    perClass: each.map((curves) => (isThere(curves) ? mean(curves.map(averagePrecision)) : null)),
  }
}

/** {@link cocoScores} of images in another form, kept as long as these: several metrics of the same images ask for them. */
export function keptScores<I, S>(asCoco: (image: I) => CocoImage<S>, measure: Measure<S>) {
  const known = new WeakMap<readonly I[], Map<number, CocoScores>>()
  return (images: readonly I[], classes: number): CocoScores => {
    const own = known.get(images) ?? new Map<number, CocoScores>()
    known.set(images, own)
    const scores = own.get(classes) ?? cocoScores(images.map(asCoco), classes, measure)
    own.set(classes, scores)
    return scores
  }
}

/** AP of one class at one IoU threshold; NaN if no image has an object of that class. */
export function averagePrecisionOf<S>(images: readonly CocoImage<S>[], label: number, threshold: number, measure: Measure<S>): number {
  const found = curve(pairsOf(images, label, measure), threshold, 'all', MOST_FOUND)
  return found.total ? averagePrecision(found) : NaN
}

/** What there is of one class in an image, with its overlaps [found, wanted]. */
interface Pairs {
  readonly found: readonly { readonly score: number; readonly area: number }[]
  readonly wanted: readonly { readonly crowd: boolean; readonly area: number }[]
  readonly overlaps: Float64Array
}

function pairsOf<S>(images: readonly CocoImage<S>[], label: number, { area, iou }: Measure<S>): Pairs[] {
  return images.map((image) => {
    // A stable sort: pycocotools uses merge sort, which keeps the order of equal scores.
    const found = image.found
      .filter((f) => f.label === label)
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST_FOUND)
    const wanted = image.wanted.filter((w) => w.label === label)
    return {
      found: found.map((f) => ({ score: f.score, area: area(f.shape) })),
      wanted: wanted.map((w) => ({ crowd: w.crowd ?? false, area: w.area ?? area(w.shape) })),
      overlaps: Float64Array.from(found.flatMap((f) => wanted.map((w) => iou(f.shape, w.shape, w.crowd ?? false)))),
    }
  })
}

/** Precision and recall after each detection that counts, best first; `total` objects are to be found. */
interface Curve {
  readonly total: number
  readonly precision: readonly number[]
  readonly recall: readonly number[]
}

function curve(images: readonly Pairs[], threshold: number, size: SizeClass, most: number): Curve {
  const matched = images.flatMap((pairs) => match(pairs, threshold, size).slice(0, most))
  const total = images.reduce((sum, { wanted }) => sum + wanted.filter((w) => !ignored(w, size)).length, 0)
  const [precision, recall]: [number[], number[]] = [[], []]
  let [hits, n] = [0, 0]
  for (const { counts, hit } of matched.sort((a, b) => b.score - a.score)) {
    if (!counts) continue
    n++
    if (hit) hits++
    precision.push(hits / n)
    recall.push(hits / total)
  }
  return { total, precision, recall }
}

const outside = (area: number, size: SizeClass) => area < SIZES[size][0] || area > SIZES[size][1]
const ignored = (w: { crowd: boolean; area: number }, size: SizeClass) => w.crowd || outside(w.area, size)

/** Each detection, best first: whether it counts, and whether it is a hit. */
function match({ found, wanted, overlaps }: Pairs, threshold: number, size: SizeClass): { score: number; counts: boolean; hit: boolean }[] {
  // What is ignored comes last: it matches what is left.
  const order = wanted.map((_, i) => i).sort((a, b) => Number(ignored(wanted[a]!, size)) - Number(ignored(wanted[b]!, size)))
  const taken = new Set<number>()
  return found.map(({ score, area }, f) => {
    let best: number | undefined
    let bestIou = Math.min(threshold, 1 - 1e-10)
    for (const w of order) {
      if (taken.has(w) && !wanted[w]!.crowd) continue
      if (best !== undefined && !ignored(wanted[best]!, size) && ignored(wanted[w]!, size)) break
      const overlap = overlaps[f * wanted.length + w]!
      if (overlap < bestIou) continue
      best = w
      bestIou = overlap
    }
    if (best === undefined) return { score, counts: !outside(area, size), hit: false }
    taken.add(best)
    return { score, counts: !ignored(wanted[best]!, size), hit: true }
  })
}

/** Of a class, at each threshold: the detections that count, best first over all images, and each image's objects. */
export function matchesOf<S>(images: readonly CocoImage<S>[], label: number, measure: Measure<S>, thresholds: readonly number[]) {
  const pairs = pairsOf(images, label, measure)
  const objects = pairs.map(({ wanted }) => wanted.filter((w) => !ignored(w, 'all')).length)
  return thresholds.map((threshold) => {
    const matched = pairs.flatMap((own, image) =>
      match(own, threshold, 'all').flatMap(({ score, counts, hit }) => (counts ? [{ image, score, hit }] : [])),
    )
    return { objects, matched: matched.sort((a, b) => b.score - a.score) }
  })
}

function averagePrecision({ precision, recall }: Curve): number {
  const envelope = [...precision]
  for (let i = envelope.length - 2; i >= 0; i--) envelope[i] = Math.max(envelope[i]!, envelope[i + 1]!)
  let [sum, at] = [0, 0]
  for (let level = 0; level <= 100; level++) {
    while (at < recall.length && recall[at]! < level * 0.01) at++
    sum += envelope[at] ?? 0
  }
  return sum / 101
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
