/** Links within the window: plain clicks are handled by the page, all others (new tab, new window, download) by the browser. */
import { writeAddress, type Address } from './address.ts'

export const isPlain = (event: MouseEvent): boolean =>
  event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey
/** The address of an image of the open project. */
export const imageLink = (image: number, project?: string): string => writeAddress({ room: 'label', image, project } satisfies Address)
/** The address of a run. */
export const runLink = (room: 'train' | 'merge', run: string, project?: string): string =>
  writeAddress({ room, run, project } satisfies Address)
