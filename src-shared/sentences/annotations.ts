/** What cannot be done with labels, regions, captions, tracks, reviews and comments. */
export const annotationSentences = {} as const
