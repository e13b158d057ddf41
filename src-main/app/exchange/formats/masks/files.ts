/** Recognises masks and their images by the usual folder and file names. */
import path from 'node:path'
import { readPixels } from '../../pixels.ts'
import { isImage, stemOf, type Tree } from '../../tree.ts'

const maskSteps = [
  /^(masks?|labels?|annotations?|annots?|gt|seg|segmentations?|instances?|semantic\w*|parsing|colou?r_?masks?|ground_?truths?)$/i,
  /^(SegmentationClass\w*|SegmentationObject|gtFine|gtCoarse|LabeledApproved\w*|masks_(machine|human))$/i,
  /(annot|_labels?|_masks?|_annotations?|_gt)$/i,
]
const ending =
  /[-_.](gt(?:Fine|Coarse)_\w+|masks?|seg|segmentation|labels?|label_?ids|label_?train_?ids|instance_?ids|colou?r|gt|L|annot|annotation)$/i
const imageEnding = /[-_](leftImg8bit|image|img|rgb)$/i

/** The folders of a path. */
export const stepsOf = (file: string) => file.split('/').slice(0, -1)
const isMask = (file: string) =>
  file.toLowerCase().endsWith('.png') && (stepsOf(file).some((s) => maskSteps.some((p) => p.test(s))) || ending.test(stemOf(file)))
/** Priority among several masks of one image for its classes; the lowest wins. Null for masks of objects or parts. */
function rankOf(file: string): number | null {
  const stem = stemOf(path.posix.basename(file))
  if (/instance_?ids$/i.test(stem) || stepsOf(file).some((s) => /^(SegmentationObject|instances?)$/i.test(s)) || /_parts_\d+$/i.test(stem))
    return null
  if (/train_?ids$/i.test(stem)) return 2
  return /colou?r$/i.test(stem) || stepsOf(file).some((s) => /^(colou?r_?masks?|masks_human|\w+_rgb)$/i.test(s))
    ? 3
    : /label_?ids$/i.test(stem)
      ? 0
      : 1
}

export interface Pair {
  image: string
  classes: string | null
  objects: string | null
  /** Further masks of the same content. */
  others: string[]
}

/** Pairs masks with the image of the same name that shares most of their path. */
export function pairsOf(tree: Tree, images: Tree, unpaired?: (mask: string) => void): Map<string, Pair> {
  const byStem = new Map<string, string[]>()
  const put = (key: string, file: string) => byStem.set(key, [...(byStem.get(key) ?? []), file])
  const all = [...images.files('')].filter(isImage)
  const masks = new Set((tree === images ? all : [...tree.files('')]).filter(isMask))
  for (const file of all) {
    const stem = path.posix.basename(stemOf(file))
    if (tree === images && masks.has(file)) continue
    put(stem.replace(imageEnding, ''), file)
    if (imageEnding.test(stem)) put(stem, file)
  }
  const pairs = new Map<string, Pair>()
  for (const mask of masks) {
    const stem = path.posix.basename(stemOf(mask))
    const steps = stepsOf(mask)
    const shared = (f: string) => stepsOf(f).filter((s) => steps.includes(s)).length
    const image = [...(byStem.get(stem) ?? byStem.get(stem.replace(/_parts_\d+$/, '').replace(ending, '')) ?? [])].sort(
      (a, b) => shared(b) - shared(a),
    )[0]
    if (image === undefined) {
      if (!/_parts_\d+$/.test(stem)) unpaired?.(mask)
      continue
    }
    const pair = pairs.get(image) ?? { image, classes: null, objects: null, others: [] }
    pairs.set(image, pair)
    const rank = rankOf(mask)
    if (rank === null) {
      if (pair.objects || /_parts_\d+$/.test(stem)) pair.others.push(mask)
      else pair.objects = mask
    } else if (pair.classes === null || rank < rankOf(pair.classes)!) {
      if (pair.classes) pair.others.push(pair.classes)
      pair.classes = mask
    } else pair.others.push(mask)
  }
  return pairs
}

/** The folder of the first mask if these are masks at all: few values in large areas, each with an image of the same name. */
export function maskFolder(tree: Tree): string | undefined {
  const first = [...pairsOf(tree, tree).values()][0]
  const mask = first && (first.classes ?? first.objects)
  if (!mask) return undefined
  try {
    const { values } = readPixels(tree.peek(mask).file)
    const same = values.reduce((n, v, i) => n + Number(i > 0 && v === values[i - 1]), 0)
    return new Set(values).size <= 512 && same * 2 >= values.length ? path.posix.dirname(mask) : undefined
  } catch {
    return undefined
  }
}
