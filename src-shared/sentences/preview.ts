/** Errors of asking a model about an image: by words, or by an example. */
export const previewSentences = {
  'preview.too-long': 'the text {text} has {tokens} tokens, more than the {context} that the model reads',
  'preview.not-finite': 'its boxes or scores for this image are no numbers: the weights are damaged or diverged in training',
  'preview.outside': 'example: expected a region of the image, which is {width} × {height} pixels, found {found}',
  'preview.words': '--text: expected words separated by commas, found "{found}"',
  'preview.no-words': 'preview: give --text, or --example',
  'preview.words-or-example': 'preview: expected either --text or --example, found both',
  'preview.number': '{option}: expected a number from 0 to 1, found "{found}"',
  'preview.most': '--most: expected a whole number above 0, found "{found}"',
  'preview.template': '--template: expected a text with {mark} in the place of the word, found "{found}"',
  'preview.region': '--region: expected x,y,width,height in pixels, found "{found}"',
  'preview.no-labels': 'propose: the project has no labels: give --text',
  'preview.filter': '--filter: {problem}',
  'preview.region-needed': 'preview: give the --region of the --example that is meant, which a {family} model compares with the rest',
  'preview.no-example': 'a {family} model finds what words say, but not what is like an example',
  'preview.no-prompt': 'give a click on the image, or a box',
  'preview.region-alone': 'preview: --region is a part of the --example',
} as const
