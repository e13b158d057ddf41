/** Contents of images, fetched before they are opened. */
import type { ImageContent } from '#shared/contract/media.ts'
import { imageUrl, thumbnailUrl, tileSide, tileUrl } from '#shared/contract/urls.ts'
import type { CanvasImage, CanvasStage } from '../canvas/index.ts'
import { call } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useProject } from './project.ts'
import { useSession } from './session.ts'

/** Images with more pixels than this are shown in tiles. */
const tiled = 24e6

export function canvasImage(key: string, { id, width, height }: ImageContent['media']): CanvasImage {
  const image = { mediaId: id, width: width ?? 1, height: height ?? 1, url: imageUrl(key, id) }
  if (image.width * image.height <= tiled) return image
  return {
    ...image,
    pyramid: { side: tileSide, overviewUrl: thumbnailUrl(key, id, 'large'), tileUrl: (level, x, y) => tileUrl(key, id, level, x, y) },
  }
}

/** A cache of upcoming images and a few previous ones. */
export function imageContents() {
  const [project, gallery, session] = [useProject(), useGallery(), useSession()]
  const fetched = new Map<number, Promise<ImageContent>>()
  const forget = (id: number): void => void fetched.delete(id)
  function of(id: number): Promise<ImageContent> {
    let content = fetched.get(id)
    if (!content) {
      content = call('media.content', { id })
      content.catch(() => forget(id))
      fetched.set(id, content)
      if (fetched.size > session.settings.prefetch + 7) forget(fetched.keys().next().value!)
    }
    return content
  }
  /** Prefetches the images that are likely to be opened next, including pixels. */
  function lookAhead(id: number, stage: CanvasStage | null): void {
    const at = gallery.places.get(id)
    const many = session.settings.prefetch
    if (at === undefined || !many) return
    for (const neighbour of [...gallery.ids.slice(at + 1, at + 1 + many), gallery.ids[at - 1]])
      if (neighbour !== undefined) {
        void of(neighbour)
          .then(({ media }) => {
            const image = canvasImage(project.key, media)
            stage?.prefetch(image.pyramid?.overviewUrl ?? image.url)
          })
          .catch(() => undefined)
      }
  }
  return { of, forget, clear: () => fetched.clear(), lookAhead }
}
