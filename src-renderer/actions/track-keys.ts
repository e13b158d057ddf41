/** Keys of tracks; where CVAT has one that is free here, it is the same. */
export const trackShortcuts: Record<string, string[]> = {
  'track-make': ['J'],
  'track-key': ['Shift+K'],
  'track-end': ['O'],
  'track-interpolate': ['Shift+I'],
  'previous-key': ['Shift+<', '<'],
  'next-key': ['Shift+>', '>'],
  'toggle-timeline': ['Shift+T'],
}
