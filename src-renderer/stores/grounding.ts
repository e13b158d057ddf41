/** Ties words of a caption to regions: while words are selected, selecting a region ties it to them or unties it. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import type { Caption, Span } from '#shared/model/caption.ts'
import { useOpenImage } from './open-image.ts'

interface Words {
  captionId: number
  start: number
  end: number
}

export const useGrounding = defineStore('grounding', () => {
  const openImage = useOpenImage()
  const words = ref<Words | null>(null)
  /** Incremented to start the next image's caption. */
  const asked = ref(0)
  /** Regions highlighted while the pointer or the focus is on their words. */
  const pointed = ref<readonly number[]>([])

  const caption = computed(() => openImage.content?.captions.find((c) => c.id === words.value?.captionId))
  const text = computed(() => (words.value && caption.value ? caption.value.text.slice(words.value.start, words.value.end) : ''))
  const tied = computed(() => caption.value?.spans.find((s) => s.start === words.value?.start && s.end === words.value.end)?.regions ?? [])

  /** Spans may not overlap: the new one takes over their words. */
  function setRegions({ captionId, start, end }: Words, regions: readonly number[]): void {
    const target = openImage.content?.captions.find((c) => c.id === captionId)
    if (!target) return
    const others = target.spans.filter((s) => s.end <= start || s.start >= end)
    const spans: Span[] = regions.length ? [...others, { start, end, regions: [...regions] }] : others
    openImage.change({ method: 'captions.update', input: { id: captionId, patch: { spans: spans.sort((a, b) => a.start - b.start) } } })
  }
  function begin(of: Caption, start: number, end: number): void {
    words.value = { captionId: of.id, start, end }
  }
  function end(): boolean {
    const was = words.value !== null
    words.value = null
    return was
  }
  const tie = (ids: readonly number[]) => words.value && setRegions(words.value, [...new Set([...tied.value, ...ids])])
  const untie = (span: Span, captionId: number) => setRegions({ captionId, start: span.start, end: span.end }, [])

  /** The regions for the digits 1 to 9 while words are selected, in list order. */
  const numbered = computed(() => (words.value ? openImage.regions.filter((r) => !r.hidden).slice(0, 9) : []))
  /** A digit ties the selected words to the region with that number, or unties them. */
  function press(chord: string): boolean {
    const region = /^[1-9]$/.test(chord) ? numbered.value[Number(chord) - 1] : undefined
    if (!region || !words.value) return false
    setRegions(words.value, tied.value.includes(region.id) ? tied.value.filter((id) => id !== region.id) : [...tied.value, region.id])
    return true
  }
  watch(
    () => openImage.selection,
    (selection, before) => {
      if (!words.value || selection.length === 0) return
      const fresh = selection.filter((id) => !before.includes(id))
      const meant = fresh.length ? fresh : selection
      const [only] = meant
      if (meant.length === 1 && tied.value.includes(only!))
        setRegions(
          words.value,
          tied.value.filter((id) => id !== only),
        )
      else tie(meant)
      openImage.editor.setSelection([])
    },
    { flush: 'sync' },
  )
  watch(
    () => openImage.renamedCaption,
    (r) => r && words.value?.captionId === r.temporary && (words.value = { ...words.value, captionId: r.id }),
    { flush: 'sync' },
  )
  watch(() => openImage.mediaId, end)
  watch(
    () => (caption.value ? caption.value.text : null),
    (now, was) => void (words.value && was !== null && now !== was && end()),
  )
  watch([tied, pointed], () => openImage.editor.highlight([...tied.value, ...pointed.value]))

  return { words, text, tied, asked, numbered, press, pointed, begin, end, tie, untie }
})
