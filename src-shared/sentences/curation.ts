/** Errors of duplicates, splits, doubtful labels and maps. */
export const curationSentences = {
  'curation.no-readable-image': '{folder}: none of the images can be read',
  'doubts.too-few':
    '{folder}: judging labels needs at least two labels with {images} images each; only images with exactly one accepted label count',
  'duplicates.not-sought': 'duplicates have not been searched for yet',
  'split.no-images': '{folder}: no images to divide into splits',
  'split.not-proposed': 'no split has been proposed yet',
  'split.stale': 'images, labels or splits have changed since the split was proposed; propose it again',
} as const
