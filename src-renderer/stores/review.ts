/** Review: images are approved or sent back with a reason, one by one in a fixed order. */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, shallowRef, watch } from 'vue'
import type { ReviewOrder } from '#shared/model/review.ts'
import { listIds, listText } from '../routing/address.ts'
import { call } from '../rpc/index.ts'
import { useOpenImage } from './open-image.ts'
import { useGallery } from './gallery.ts'
import { useProject } from './project.ts'

export type Verdict = 'approved' | 'rejected'

/** A review in progress: its images in order, and the one opened last. */
interface Begun {
  title: string
  ids: string
  at: number
}

export const useReview = defineStore('review', () => {
  const [openImage, gallery, project] = [useOpenImage(), useGallery(), useProject()]
  const active = ref(false)
  /** What the comment being written is for. */
  const commenting = ref<'send-back' | null>(null)

  const toggle = () => {
    active.value = !active.value
    commenting.value = null
  }
  /** Opens the field for the reason. */
  function sendBack(): void {
    active.value = true
    commenting.value = 'send-back'
    void nextTick(() => document.querySelector<HTMLInputElement>('[data-review-comment] input')?.focus())
  }
  /** Gives a verdict on the open image; in a review, the next one follows. */
  function give(verdict: Verdict): void {
    if (openImage.mediaId === null) return
    openImage.change({ method: 'review.set', input: { mediaIds: [openImage.mediaId], review: verdict } })
    if (active.value) openImage.step(1)
  }
  /** Adds a comment to the selected region, or else to the image. */
  function say(text: string): void {
    const regionId = openImage.selected.length === 1 ? openImage.selected[0]!.id : null
    if (openImage.mediaId !== null && text.trim())
      openImage.change({ method: 'comments.add', input: { mediaId: openImage.mediaId, regionId, text: text.trim() } })
  }

  // ---- In a fixed order

  const storage = () => `dashi:review:${project.opened?.info.folder ?? ''}`
  const begun = shallowRef<Begun | null>(null)
  watch(
    () => project.key,
    () => {
      active.value = false
      begun.value = null
      try {
        const stored = JSON.parse(localStorage.getItem(storage()) ?? 'null') as Partial<Begun> | null
        if (stored && typeof stored.title === 'string' && typeof stored.ids === 'string' && typeof stored.at === 'number')
          begun.value = { title: stored.title, ids: stored.ids, at: stored.at }
      } catch {
        // ignore what cannot be parsed
      }
    },
    { immediate: true },
  )
  function keep(now: Begun): void {
    begun.value = now
    try {
      localStorage.setItem(storage(), JSON.stringify(now))
    } catch {
      // too long for the browser's storage: lost when the window is closed
    }
  }
  const inOrder = computed(() => active.value && begun.value !== null && gallery.found?.title === begun.value.title)
  watch([() => openImage.mediaId, inOrder], ([at, on]) => {
    if (on && at !== null && gallery.places.has(at)) keep({ ...begun.value!, at })
  })
  /** Progress: the position of the open image among all. */
  const progress = computed(() => {
    const at = openImage.mediaId === null ? undefined : gallery.places.get(openImage.mediaId)
    return at === undefined ? null : { at: at + 1, all: gallery.ids.length }
  })

  /** Starts a review of the images shown, in an order that does not depend on verdicts. False if there are none. */
  async function begin(order: ReviewOrder, seed: number, unreviewed: boolean, title: string): Promise<boolean> {
    const shown = gallery.found && new Set(gallery.ids)
    const { ids } = await call('review.order', {
      filter: { ...gallery.filter, ...(unreviewed && { review: 'unreviewed' as const }) },
      order,
      seed,
    })
    const wanted = shown ? ids.filter((id) => shown.has(id)) : ids
    if (!wanted.length) return false
    await goThrough({ title, ids: listText(wanted), at: wanted[0]! })
    return true
  }
  /** Resumes a review, from this window or from before a reload. */
  const goOn = async () => {
    if (begun.value) await goThrough(begun.value)
  }
  async function goThrough(what: Begun): Promise<void> {
    const ids = listIds(what.ids) ?? []
    keep(what)
    gallery.show({ title: what.title, ids })
    await nextTick()
    await gallery.settled()
    const first = gallery.places.has(what.at) ? what.at : gallery.ids[0]
    if (first === undefined) return
    active.value = true
    commenting.value = null
    await openImage.open(first)
  }
  const left = computed(() => {
    if (!begun.value) return null
    const ids = listIds(begun.value.ids) ?? []
    return { title: begun.value.title, at: ids.indexOf(begun.value.at) + 1, all: ids.length }
  })

  return { active, commenting, toggle, sendBack, give, say, progress, begin, goOn, left }
})
