/** Missing required attributes of the open image: leaving the image first points them out, but is never blocked. */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, shallowRef, watch } from 'vue'
import { attributeFaults } from '#shared/model/attribute.ts'
import type { Region } from '#shared/model/region.ts'
import { useOpenImage } from './open-image.ts'
import { useSession } from './session.ts'

export const useIncomplete = defineStore('incomplete', () => {
  const [openImage, session] = [useOpenImage(), useSession()]
  const missingOf = (r: Region): string[] =>
    r.state === 'accepted'
      ? attributeFaults(openImage.editor.rulesOf(r.labelId), r.attributes).flatMap((f) => (f.problem === null ? [f.name] : []))
      : []
  /** The open image's regions that lack attributes, with what each lacks. */
  const regions = computed(() => {
    void openImage.seen.labels
    return openImage.regions.flatMap((region) => {
      const missing = missingOf(region)
      return missing.length ? [{ region, missing }] : []
    })
  })
  /** The action that was interrupted because something was missing; it runs once everything is filled in. */
  const waiting = shallowRef<{ mediaId: number; go(): void } | null>(null)
  const names = computed(() => [...new Set(regions.value.flatMap((r) => r.missing))])

  /** Selects the next incomplete region and focuses the missing field; false if there is none. */
  function lead(): boolean {
    const list = regions.value
    if (list.length === 0) return false
    const at = list.findIndex(({ region }) => openImage.selection.includes(region.id) && missingOf(region).length > 0)
    openImage.editor.setSelection([list[Math.max(0, at)]!.region.id])
    asked.value++
    const { sidebars } = session.settings
    if (!sidebars.inspector) session.save({ sidebars: { ...sidebars, inspector: true } })
    void nextTick(() => setTimeout(() => document.querySelector<HTMLElement>('[data-attributes] [data-field][aria-invalid=true]')?.focus()))
    return true
  }
  /** Incremented to show the list of regions. */
  const asked = ref(0)
  /** Runs `go` unless something is missing: that is then pointed out, and a second call goes ahead. No edit is held back. */
  function done(go: () => unknown): void {
    const second = waiting.value?.mediaId === openImage.mediaId
    if (second || openImage.mediaId === null || regions.value.length === 0) {
      waiting.value = null
      return void go()
    }
    waiting.value = { mediaId: openImage.mediaId, go: () => void go() }
    lead()
  }
  function goOn(): void {
    const { go } = waiting.value ?? {}
    waiting.value = null
    go?.()
  }
  watch(
    () => openImage.mediaId,
    () => (waiting.value = null),
  )
  watch(regions, (now) => now.length === 0 && (waiting.value = null))
  return { regions, names, waiting, asked, missingOf, lead, done, goOn }
})
