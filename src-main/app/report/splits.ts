import type { SplitName } from '#shared/model/report.ts'

export const splitTitles: Readonly<Record<SplitName, string>> = {
  id: 'In distribution',
  ood: 'Out of distribution',
  heldOut: 'Held out',
  forgotten: 'Pre-training styles',
}

/** For the headings of narrow columns. */
export const splitAbbreviations: Readonly<Record<SplitName, string>> = {
  id: 'ID',
  ood: 'OOD',
  heldOut: 'Held out',
  forgotten: 'Pre-training',
}
