/** Keys of tracks: letters that nothing else in the Label view has. */
export const trackShortcuts: Record<string, string[]> = {
  'track-make': ['U'],
  'track-key': ['Shift+B'],
  'track-end': ['Shift+E'],
  'track-interpolate': ['Shift+A'],
  'previous-key': ['Shift+<', '<'],
  'next-key': ['Shift+>', '>'],
  'toggle-timeline': ['Shift+W'],
}
