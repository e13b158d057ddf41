/** The names that splits go by, and ours for them. */
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

/** Train, training, Validation, valid, … under one name each; undefined: another name. */
export const usualSplit = (name: string): string | undefined => usual.get(name.toLowerCase().replace(/[-_]?20\d\d$/, ''))

/** train of `train/cat/1.jpg`, and what follows. */
export function splitFolder(file: string): { split: string | null; rest: string } {
  const at = file.indexOf('/')
  const split = at > 0 ? usualSplit(file.slice(0, at)) : undefined
  return split ? { split, rest: file.slice(at + 1) } : { split: null, rest: file }
}

/** Whole words: `instances_train2017` has train, `_annotations.valid` has valid, `coco_tiny` and `contest` have none. */
function splitOfWords(name: string): string | null {
  const found = new Set(name.split(/[^A-Za-z]+/).flatMap((word) => usualSplit(word) ?? []))
  return found.size === 1 ? [...found][0]! : null
}

/**
 * The split that an annotation file tells by its name, or by the nearest of the folders that it is in; null where none is a word for a
 * split: a date, the dataset's name, the kind of annotation are none.
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
