import { seriesColour } from '../../chart.ts'

/** The colour of a prompt set, in the table and on the images. */
export const rowColour = (row: number): string => seriesColour(row)
