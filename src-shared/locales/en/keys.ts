/** What takes few keys: whole sets of proposals, labels, captions at once; and what is not complete yet. */
export const keys = {
  keys: {
    noProposals: 'There is no proposal to accept.',
    accepted: '{n} proposal accepted | {n} proposals accepted',
    ties: 'Words tied to regions',
    tiesHint: 'These words name a region and are tied to it; click to leave them loose',
    onward: 'Enter; with Ctrl, the next image’s caption follows',
    several: 'Several',
    severalHint: 'Several classes on one image: a key adds one or takes it away, Enter goes on',
    relabel: {
      title: 'Change a label',
      from: 'From',
      to: 'To',
      find: 'Label by name',
      apply: 'Change',
      chosen: 'On {n} chosen image | On {n} chosen images',
      shown: 'On the {n} image shown | On all {n} images shown',
    },
  },
  incomplete: {
    facet: 'Incomplete',
    image: 'Required attributes are missing',
    lead: 'Required and missing: {names}',
    more: '{names} and {n} more',
    fill: 'Fill in',
    goOn: 'Go on anyway',
  },
  actions: {
    'accept-shown': 'Accept the proposals of all images shown',
    'split-now': 'Auto-split 80 / 10 / 10',
    relabel: 'Change a label into another …',
    'caption-onward': 'Caption the next image',
    'classify-several': 'Several classes on one image',
    'next-incomplete': 'Next missing attribute',
  },
}
