/** Why a project cannot be made, opened, changed, copied or restored. */
export const projectSentences = {} as const
