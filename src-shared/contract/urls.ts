/**
 * Pixels are fetched by URL. `key` is that of `projects.open`; in the browser it is preceded by the session's secret
 * for images, since an <img> cannot send headers.
 */

/** Subprotocols of the call socket: this one, and `dashi.session.SECRET`, which authenticates the session. */
export const protocol = 'dashi'
export const sessionProtocol = 'dashi.session.'
/** In the page served at a one-time URL: `<meta name content=CALLS data-pictures=PICTURES>`. */
export const sessionMeta = 'dashi-session'

/** Longest side of a thumbnail in pixels. */
export const thumbnailSizes = { small: 256, large: 1024 } as const
export type ThumbnailSize = keyof typeof thumbnailSizes
/** Side of a tile in pixels; level 0 is the full resolution, and each further level halves it. */
export const tileSide = 512

/** The whole upright image. */
export const imageUrl = (key: string, mediaId: number) => `/media/${key}/${mediaId}/image`
export const thumbnailUrl = (key: string, mediaId: number, size: ThumbnailSize) => `/media/${key}/${mediaId}/${size}`
export const tileUrl = (key: string, mediaId: number, level: number, x: number, y: number) =>
  `/media/${key}/${mediaId}/tile/${level}/${x}/${y}`
