/**
 * Pixels go by URL. `key` is of `projects.open`; in the browser, before it, the session's secret for pictures, since an <img> can
 * send no header.
 */

/** Subprotocols of the socket of calls: this one, and the one that shows the session, `dashi.session.SECRET`. */
export const protocol = 'dashi'
export const sessionProtocol = 'dashi.session.'
/** Of the page that a one-time address brings: `<meta name content=CALLS data-pictures=PICTURES>`. */
export const sessionMeta = 'dashi-session'

/** Longest side of a thumbnail in pixels. */
export const thumbnailSizes = { small: 256, large: 1024 } as const
export type ThumbnailSize = keyof typeof thumbnailSizes
/** Side of a tile in pixels; level 0 is the full resolution, each further one half of it. */
export const tileSide = 512

/** The whole upright image. */
export const imageUrl = (key: string, mediaId: number) => `/media/${key}/${mediaId}/image`
export const thumbnailUrl = (key: string, mediaId: number, size: ThumbnailSize) => `/media/${key}/${mediaId}/${size}`
export const tileUrl = (key: string, mediaId: number, level: number, x: number, y: number) =>
  `/media/${key}/${mediaId}/tile/${level}/${x}/${y}`
