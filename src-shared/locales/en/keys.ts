/** Shortcuts for whole sets of proposals, labels and captions; missing required attributes. */
export const keys = {
  keys: {
    noProposals: 'No proposals to accept.',
    accepted: '{n} proposal accepted | {n} proposals accepted',
    ties: 'Words tied to regions',
    tiesHint: 'These words name a region and will be tied to it; click to leave them untied',
    onward: 'Enter; with Ctrl, the next image’s caption follows',
    several: 'Several',
    severalHint: 'Several classes per image: a key adds or removes one, Enter continues',
    relabel: {
      title: 'Change a label',
      from: 'From',
      to: 'To',
      find: 'Label by name',
      apply: 'Change',
      chosen: 'On {n} selected image | On {n} selected images',
      shown: 'On the {n} image shown | On all {n} images shown',
    },
  },
  incomplete: {
    facet: 'Incomplete',
    image: 'Required attributes are missing',
    lead: 'Required and missing: {names}',
    more: '{names} and {n} more',
    fill: 'Fill in',
    goOn: 'Continue anyway',
  },
}
