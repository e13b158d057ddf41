/** The names that splits go by, and ours for them. */
const usual = new Map(Object.entries({ train: 'train', training: 'train', val: 'val', valid: 'val', validation: 'val', minival: 'val', test: 'test', testing: 'test' }))

/** Train, training, Validation, valid, … under one name each; undefined: another name. */
export const usualSplit = (name: string): string | undefined => usual.get(name.toLowerCase())

/** train of `train/cat/1.jpg`, and what follows. */
export function splitFolder(file: string): { split: string | null; rest: string } {
  const at = file.indexOf('/')
  const split = at > 0 ? usualSplit(file.slice(0, at)) : undefined
  return split ? { split, rest: file.slice(at + 1) } : { split: null, rest: file }
}
