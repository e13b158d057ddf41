/** Object detection: a box and a label for each region. */
import type { RegionTask } from './task.ts'

export const detect: RegionTask<'boxes'> = {
  id: 'detect',
  title: { en: 'Detection', ja: '物体検出' },
  needs: ['detect'],
  targets: 'boxes',
  /** An image without regions may be one that nobody labelled yet, so nothing is learned from it. */
  target: ({ boxes = [] }) => (boxes.length ? { kind: 'boxes', boxes } : null),
}
