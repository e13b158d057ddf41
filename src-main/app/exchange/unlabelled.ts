import type { RecordRegion } from '#shared/model/record.ts'

/** The class of unlabelled regions, in formats that require one. */
export const unlabelled = 'unlabelled'
export const labelOf = (region: Pick<RecordRegion, 'label'>): string => region.label ?? unlabelled
