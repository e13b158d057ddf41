/** Why a training, an evaluation or a comparison cannot be made. */
export const trainingSentences = {} as const
