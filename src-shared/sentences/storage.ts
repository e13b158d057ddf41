/** The disk budget. */
export const storageSentences = {
  'storage.over-budget':
    'it writes {needed} MB, for which {missing} MB are missing in the disk budget of {budget} MB; delete checkpoints or downloads that are no longer needed, or raise it by dashi storage --budget',
  'storage.size': '--budget: expected a size such as 500MB or 20GB, or none, found "{found}"',
} as const
