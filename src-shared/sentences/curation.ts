/** Errors of duplicates, splits, doubtful labels and maps. */
export const curationSentences = {
  'curation.no-readable-image': '{folder}: none of the images can be read',
  'doubts.too-few':
    '{folder}: judging labels needs at least two labels with {images} images each; only images with exactly one accepted label count',
  'duplicates.not-sought': 'duplicates have not been searched for yet',
  'next.classes': '{folder}: a queue of what to label next needs at least two labels',
  'next.no-images': '{folder}: no image that can be read passes the filter',
  'next.not-a-classifier': '{model}: it does not tell images apart by their labels, so it cannot say which to label next',
  'next.no-labelled': '{folder}: no image that passes the filter has exactly one accepted label, so there is nothing to disagree with',
  'next.no-run': '{folder}: no run "{run}" that left a checkpoint',
  'next.other': 'strategy {strategy}: it compares two checkpoints; name the other one',
  'next.run-or-model': 'next: --run and --model both name a checkpoint; give one of them',
  'next.unknown-strategy': 'unknown strategy "{strategy}"; there are {known}',
  'split.no-images': '{folder}: no images to divide into splits',
  'split.not-proposed': 'no split has been proposed yet',
  'split.stale': 'images, labels or splits have changed since the split was proposed; propose it again',
} as const
