/** Review: one image after the other is approved, or sent back with a word why. */
import { defineStore } from 'pinia'
import { nextTick, ref } from 'vue'
import { useDesk } from './desk.ts'

export type Verdict = 'approved' | 'rejected'

export const useReview = defineStore('review', () => {
  const desk = useDesk()
  const active = ref(false)
  /** What the comment being written is for. */
  const commenting = ref<'comment' | 'send-back' | null>(null)

  const toggle = () => {
    active.value = !active.value
    commenting.value = null
  }
  /** Opens the field for a comment, in review or not. */
  function comment(purpose: 'comment' | 'send-back'): void {
    active.value = true
    commenting.value = purpose
    void nextTick(() => document.querySelector<HTMLInputElement>('[data-review-comment] input')?.focus())
  }
  /** Of the open image; in review the next one follows. */
  function give(verdict: Verdict): void {
    if (desk.mediaId === null) return
    desk.change({ method: 'review.set', input: { mediaIds: [desk.mediaId], review: verdict } })
    if (active.value) desk.step(1)
  }
  /** To the region selected, or to the image. */
  function say(text: string): void {
    const regionId = desk.selected.length === 1 ? desk.selected[0]!.id : null
    if (desk.mediaId !== null && text.trim())
      desk.change({ method: 'comments.add', input: { mediaId: desk.mediaId, regionId, text: text.trim() } })
  }
  return { active, commenting, toggle, comment, give, say }
})
