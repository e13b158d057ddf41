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
}
