/** Tracks through a sequence of images. */
export const sequence = {
  track: {
    name: 'Track {id}',
    number: '#{id}',
    menu: 'Track',
    frames: { key: 'key frame', between: 'between key frames', end: 'the track ends here' },
    onward: 'Over the next {n} image | Over the next {n} images',
  },
  timeline: {
    title: 'Timeline',
    at: 'Frame {at} of {all}',
    tracks: '{n} track | {n} tracks',
    none: 'No tracks yet: select a region and press',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    hide: 'Hide the timeline',
    help: 'Arrow keys go through the frames, Page Up and Page Down to the key frames',
  },
  actions: {
    'track-make': 'Track to the end of the sequence',
    'track-key': 'Key frame, or no longer',
    'track-end': 'End the track here, or go on',
    'track-interpolate': 'Interpolate from the nearest region of this label',
    'track-remove': 'Delete the whole track',
    'previous-key': 'Previous key frame',
    'next-key': 'Next key frame',
    'toggle-timeline': 'Timeline',
  },
}
