/** Errors of comparing prompts and of suggesting captions. */
export const labSentences = {
  'lab.no-region': 'the image has no region {id}',
  'lab.no-label': 'the project has no label {label}',
  'lab.no-boxes': 'prompts are compared on images with accepted regions of the label, and {label} has none',
  'lab.no-masks': 'prompts are compared on images with accepted masks or outlines of the label, and {label} has none',
  'lab.no-labelled': 'prompts are compared on images with the label as their only one, and {label} has none',
  'lab.texts': '{option}: expected texts separated by semicolons, found "{found}"',
  'lab.words': '--words: a text with {place} is one of the --templates: "{found}"',
  'lab.templates': '--templates: expected texts with {place} in the place of the words, found "{found}"',
  'lab.no-sets': 'lab: give --words, --templates or both',
  'lab.too-many': 'lab: {n} sets of prompts are more than the {most} that are compared at once',
  'lab.one-label': 'prompts of a classifier are compared on images of at least two labels',
} as const
