/** Links within the window: a plain click is the page's, any other (another tab, another window, a download) the browser's. */
import { writeAddress, type Address } from './address.ts'

export const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
/** Of an image of the open project. */
export const imageLink = (image: number, project?: string): string => writeAddress({ room: 'label', image, project } satisfies Address)
/** Of a run. */
export const runLink = (room: 'train' | 'merge', run: string, project?: string): string =>
  writeAddress({ room, run, project } satisfies Address)
