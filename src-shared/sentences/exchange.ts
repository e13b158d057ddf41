/** Why a dataset, an archive or a label schema cannot be read or written. */
export const exchangeSentences = {} as const
