/** What models, weights, merging, devices and the engine's processes can object to. */
export const engineSentences = {} as const
