/** Comments of the open image: pinned to places and regions, answered, resolved; and stepping through open ones. */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, watch } from 'vue'
import type { Comment } from '#shared/model/media.ts'
import { boundsOfShapes } from '../canvas/transform.ts'
import { toScreen } from '../canvas/view.ts'
import { call, outbox } from '../rpc/index.ts'
import { useOpenImage } from './open-image.ts'
import { useGallery } from './gallery.ts'
import { useShell } from './shell.ts'

export interface Thread {
  comment: Comment
  /** From 1, in the order in which they were written. */
  number: number
  replies: Comment[]
  /** The pin's place in image pixels; null if it is about the whole image. */
  place: { x: number; y: number } | null
}
export type Target = 'place' | 'region' | 'image'

export const useComments = defineStore('comments', () => {
  const [openImage, gallery, shell] = [useOpenImage(), useGallery(), useShell()]
  /** The comment whose card is open. */
  const focused = ref<number | null>(null)
  /** The draft: its possible pin, region and chosen target. */
  const draft = ref<{ place: { x: number; y: number } | null; regionId: number | null; target: Target } | null>(null)

  const threads = computed<Thread[]>(() => {
    void openImage.seen.regions
    const all = openImage.content?.comments ?? []
    return all
      .filter((c) => c.replyTo === null)
      .map((comment, i) => ({ comment, number: i + 1, replies: all.filter((c) => c.replyTo === comment.id), place: placeOf(comment) }))
  })
  function placeOf({ at, regionId }: Pick<Comment, 'at' | 'regionId'>): Thread['place'] {
    if (at) return at
    const region = regionId === null ? undefined : openImage.editor.regions.get(regionId)
    if (!region) return null
    const { x, y, w } = boundsOfShapes([region.shape])
    return { x: x + w, y }
  }
  watch(
    () => openImage.mediaId,
    () => ([focused.value, draft.value] = [null, null]),
  )

  /** At the pointer if it is over the image, else on the selected region, else on the image. */
  function compose(): void {
    const { pointer, image } = openImage.editor
    const inside = pointer && image && pointer.x >= 0 && pointer.y >= 0 && pointer.x <= image.width && pointer.y <= image.height
    const round = (v: number) => Math.round(v * 10) / 10
    const place = inside ? { x: round(pointer.x), y: round(pointer.y) } : null
    const regionId = openImage.selected.length === 1 ? openImage.selected[0]!.id : null
    focused.value = null
    draft.value = { place, regionId, target: place ? 'place' : regionId !== null ? 'region' : 'image' }
    void nextTick(() => document.querySelector<HTMLElement>('[data-comment-draft] textarea')?.focus())
  }
  function save(text: string): void {
    const now = draft.value
    draft.value = null
    canvas()
    if (!now || !text.trim() || openImage.mediaId === null) return
    openImage.change({
      method: 'comments.add',
      input: {
        mediaId: openImage.mediaId,
        regionId: now.target === 'region' ? now.regionId : null,
        text: text.trim(),
        ...(now.target === 'place' && now.place && { at: now.place }),
      },
    })
  }
  function cancel(): void {
    ;[draft.value, focused.value] = [null, null]
    canvas()
  }
  /** False if nothing was open. */
  function close(): boolean {
    if (focused.value === null && draft.value === null) return false
    cancel()
    return true
  }
  const canvas = () => document.querySelector<HTMLElement>('[role=application]')?.focus()
  function reply(to: number, text: string): void {
    if (openImage.mediaId !== null && text.trim())
      openImage.change({ method: 'comments.add', input: { mediaId: openImage.mediaId, regionId: null, text: text.trim(), replyTo: to } })
  }
  const resolve = ({ id, resolved }: Comment) =>
    openImage.change({ method: 'comments.update', input: { id, patch: { resolved: !resolved } } })
  function remove(id: number): void {
    if (focused.value === id) focused.value = null
    openImage.change({ method: 'comments.remove', input: { id } })
  }

  /** Opens its card and scrolls its pin into view. */
  function show(id: number): void {
    draft.value = null
    focused.value = id
    const place = threads.value.find((t) => t.comment.id === id)?.place
    const { viewport } = openImage.editor
    if (!place) return
    const at = toScreen(openImage.editor.view, place)
    if (at.x >= 0 && at.y >= 0 && at.x <= viewport.width && at.y <= viewport.height) return
    const { scale } = openImage.editor.view
    openImage.editor.setView({ scale, x: viewport.width / 2 - place.x * scale, y: viewport.height / 2 - place.y * scale })
  }
  /** The next open comment, on this image and then on the following ones in grid order, wrapping round. */
  async function step(by: 1 | -1): Promise<boolean> {
    await outbox.empty()
    const open = await call('comments.open')
    const place = (id: number) => gallery.places.get(id)
    const order = open
      .filter((c) => place(c.mediaId) !== undefined || c.mediaId === openImage.mediaId)
      .sort((x, y) => (place(x.mediaId) ?? -1) - (place(y.mediaId) ?? -1) || x.id - y.id)
    if (!order.length) return false
    const here = order.findIndex((c) => c.id === focused.value)
    let next: number
    if (here >= 0) next = (here + by + order.length) % order.length
    else {
      // No card is open: start from this image.
      const from = openImage.mediaId === null ? -1 : (place(openImage.mediaId) ?? -1)
      const after = order.findIndex((c) => (place(c.mediaId) ?? -1) >= from)
      const before = order.findLastIndex((c) => (place(c.mediaId) ?? -1) <= from)
      next = by > 0 ? Math.max(after, 0) : before < 0 ? order.length - 1 : before
    }
    const { id, mediaId } = order[next]!
    if (mediaId !== openImage.mediaId || shell.room !== 'label') await openImage.open(mediaId)
    if (openImage.mediaId === mediaId) show(id)
    return true
  }

  return { focused, draft, threads, placeOf, compose, save, cancel, close, reply, resolve, remove, show, step }
})
