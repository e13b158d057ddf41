/** Why an image or a folder of images cannot be read. */
export const mediaSentences = {} as const
