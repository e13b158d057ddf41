/** The usual names of splits, and ours for them. */
import path from 'node:path'

const usual = new Map(
  Object.entries({
    train: 'train',
    training: 'train',
    trainval: 'train',
    val: 'val',
    valid: 'val',
    validation: 'val',
    minival: 'val',
    test: 'test',
    testing: 'test',
    testdev: 'test',
  }),
)

/** Normalises train, training, Validation, valid, …; undefined for other names. */
export const usualSplit = (name: string): string | undefined => usual.get(name.toLowerCase().replace(/[-_]?20\d\d$/, ''))

/** Splits `train/cat/1.jpg` into train and the rest. */
export function splitFolder(file: string): { split: string | null; rest: string } {
  const at = file.indexOf('/')
  const split = at > 0 ? usualSplit(file.slice(0, at)) : undefined
  return split ? { split, rest: file.slice(at + 1) } : { split: null, rest: file }
}

/**
 * Matches whole words: `instances_train2017` contains train, `_annotations.valid` valid; `coco_tiny` and `contest`
 * contain none.
 */
function splitOfWords(name: string): string | null {
  const found = new Set(name.split(/[^A-Za-z]+/).flatMap((word) => usualSplit(word) ?? []))
  return found.size === 1 ? [...found][0]! : null
}

/**
 * The split according to an annotation file's name, or its nearest folder that names one; null if none does (dates,
 * dataset names and annotation types do not count).
 */
export function splitOfFile(file: string): string | null {
  const steps = file.split('/')
  const name = path.posix.basename(steps.at(-1)!, path.posix.extname(file))
  return (
    splitOfWords(name) ??
    steps
      .slice(0, -1)
      .reverse()
      .map(usualSplit)
      .find((s) => s !== undefined) ??
    null
  )
}
