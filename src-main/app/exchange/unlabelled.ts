import type { RecordRegion } from '#shared/model/record.ts'

/** The class of regions without a label, in formats that need one. */
export const unlabelled = 'unlabelled'
export const labelOf = (region: Pick<RecordRegion, 'label'>): string => region.label ?? unlabelled
