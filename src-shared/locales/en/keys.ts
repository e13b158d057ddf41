/** Bulk operations by keyboard on proposals, labels and captions; incomplete regions. */
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
}
