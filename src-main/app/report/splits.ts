import type { SplitName } from '#shared/model/report.ts'

export const splitTitles: Readonly<Record<SplitName, string>> = {
  id: 'In distribution',
  ood: 'Another studio',
  sketch: 'Outlines',
  corrupted: 'Corrupted',
  heldOut: 'Held out',
  forgotten: 'Other concepts',
}

/** For the headings of narrow columns. */
export const splitAbbreviations: Readonly<Record<SplitName, string>> = {
  id: 'ID',
  ood: 'OOD: studio',
  sketch: 'OOD: outlines',
  corrupted: 'OOD: corrupted',
  heldOut: 'Held out',
  forgotten: 'Other concepts',
}
