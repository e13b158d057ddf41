/** The choice of data in the Train form, in words and as fields. */
import type { MediaFilter } from '#shared/model/project.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { inOrder } from '../../metrics.ts'

/** Splits in the order of a training: what is learned from, what it is chosen on, and what is measured. */
export function asTrained(splits: readonly string[]): string[] {
  const order = (s: string) => (s === 'train' ? 0 : s === 'val' ? 1 : 2)
  return inOrder([...splits]).sort((a, b) => order(a) - order(b))
}

/** What the images of a split are for. */
export const roles = ['train', 'val', 'test', 'none'] as const
export type Role = (typeof roles)[number]

/** What a split is for unless something else is chosen. */
export const usualRole = (split: string): Role => (split === 'train' || split === 'val' ? split : 'test')

export function roleOf({ train = ['train'], val = ['val'], test }: TrainingChoice, split: string): Role {
  if (train.includes(split)) return 'train'
  if (val.includes(split)) return 'val'
  if (test) return test.includes(split) ? 'test' : 'none'
  return split === 'train' || split === 'val' ? 'none' : 'test'
}

/** The choice with another role for a split; as few fields as say it, so that new splits keep being measured where none is left out. */
export function withRole(choice: TrainingChoice, splits: readonly string[], split: string, role: Role): TrainingChoice {
  const { train: _, val: __, test: ___, ...others } = choice
  const now = new Map(splits.map((s) => [s, s === split ? role : roleOf(choice, s)]))
  const of = (wanted: Role) => splits.filter((s) => now.get(s) === wanted)
  const usual = (wanted: Role) => splits.every((s) => (now.get(s) === wanted) === (usualRole(s) === wanted))
  const measured = splits.every((s) => now.get(s) !== 'none' && (now.get(s) !== 'test' || usualRole(s) === 'test'))
  return {
    ...others,
    ...(!usual('train') && { train: of('train') }),
    ...(!usual('val') && { val: of('val') }),
    ...(!measured && { test: of('test') }),
  }
}

/** Without what is left as it is; null if nothing is chosen. */
export function tidy(choice: TrainingChoice): TrainingChoice | null {
  const { holdOut = 'none', tagPrefix = '', filter, ...others } = choice
  const kept: TrainingChoice = {
    ...others,
    ...(filter && Object.keys(filter).length && { filter }),
    ...(holdOut !== 'none' && { holdOut }),
    ...(holdOut === 'tag' && tagPrefix && { tagPrefix }),
  }
  const said = Object.entries(kept).filter(([, v]) => v !== undefined)
  return said.length ? (Object.fromEntries(said) as TrainingChoice) : null
}

type Say = (key: string, named?: Record<string, unknown>) => string

/** A filter of the Data view in a few words. */
export function filterWords(
  t: Say,
  filter: MediaFilter,
  labelName: (id: number) => string,
  splitName: (split: string | null) => string,
): string {
  const { labelIds, author, score, state, split, review, tag, captionText, pathText, duplicates, openComments, unlabelled, ...rest } =
    filter
  const { unreadable, incomplete, folder } = rest
  return [
    ...(labelIds ?? []).map(labelName),
    split === undefined ? '' : splitName(split),
    tag ?? '',
    folder ? `${folder.path || '/'}` : '',
    pathText ? `“${pathText}”` : '',
    captionText ? `“${captionText}”` : '',
    author ? (author.name ?? '') : '',
    review ? t(`review.${review}`) : '',
    state === 'proposed' ? t('data.proposed') : (state ?? ''),
    score ? t('data.doubtful') : '',
    duplicates ? t('data.duplicates') : '',
    openComments ? t('comments.open') : '',
    incomplete ? t('incomplete.facet') : '',
    unreadable ? t('facets.unreadable') : '',
    unlabelled === undefined ? '' : t(unlabelled ? 'data.unlabelled' : 'data.labelled'),
  ]
    .filter(Boolean)
    .join(' · ')
}
