/** Pixels go by URL, guarded by the same session as the calls. `key` is of `projects.open`. */

/** Longest side of a thumbnail in pixels. */
export const thumbnailSizes = { small: 256, large: 1024 } as const
export type ThumbnailSize = keyof typeof thumbnailSizes
/** Side of a tile in pixels; level 0 is the full resolution, each further one half of it. */
export const tileSide = 512

/** The whole upright image. */
export const imageUrl = (key: string, mediaId: number) => `/media/${key}/${mediaId}/image`
export const thumbnailUrl = (key: string, mediaId: number, size: ThumbnailSize) => `/media/${key}/${mediaId}/${size}`
export const tileUrl = (key: string, mediaId: number, level: number, x: number, y: number) => `/media/${key}/${mediaId}/tile/${level}/${x}/${y}`
