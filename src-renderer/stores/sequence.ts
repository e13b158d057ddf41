/** The numbered sequence that the open image is part of, and its tracks. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { TrackList, TrackSpans } from '#shared/contract/tracks.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useShell } from './shell.ts'

const none: TrackList = { name: '', frames: [], tracks: [] }
const place = 'dashi:timeline'

export const useSequence = defineStore('sequence', () => {
  const [openImage, project, shell] = [useOpenImage(), useProject(), useShell()]
  const list = shallowRef<TrackList>(none)
  const places = computed(() => new Map(list.value.frames.map((id, i) => [id, i])))
  /** Shown or hidden explicitly; by default shown if there are tracks. */
  const wanted = ref<'shown' | 'hidden' | null>((localStorage.getItem(place) as 'shown' | 'hidden' | null) ?? null)
  const at = computed(() => (openImage.mediaId === null ? -1 : (places.value.get(openImage.mediaId) ?? -1)))
  const shown = computed(() => at.value >= 0 && wanted.value !== 'hidden' && (list.value.tracks.length > 0 || wanted.value === 'shown'))
  /** Tracks of the selected regions. */
  const selected = computed(() => new Set(openImage.selected.flatMap((r) => (r.track ? [r.track.id] : []))))

  let asked = 0
  /** Whether the list is out of date. */
  let stale = false
  async function load(): Promise<void> {
    const id = openImage.mediaId
    const ticket = ++asked
    stale = false
    if (id === null || id <= 0 || !project.opened) return void (list.value = none)
    const found = await call('tracks.list', { mediaId: id, always: wanted.value === 'shown' }).catch(() => none)
    if (ticket === asked) list.value = found
  }
  const loadLater = debounced(() => stale && void load(), 120)
  function loadSoon(): void {
    stale = true
    loadLater()
  }
  watch(
    () => openImage.mediaId,
    (id) => id !== null && !places.value.has(id) && void load(),
    { immediate: true },
  )
  watch(
    () => project.key,
    () => (list.value = none),
  )
  remote.on('annotations.changed', () => shell.room === 'label' && loadSoon())
  remote.on('project.changed', () => shell.room === 'label' && loadSoon())
  watch(
    () => shell.room,
    (room) => room === 'label' && loadSoon(),
  )

  function toggle(): void {
    wanted.value = shown.value ? 'hidden' : 'shown'
    localStorage.setItem(place, wanted.value)
    void load()
  }

  /** Opens a frame and selects the regions of these tracks. */
  async function go(to: number, tracks: ReadonlySet<number> = selected.value): Promise<void> {
    const id = list.value.frames[to]
    if (id === undefined) return
    const kept = new Set(tracks)
    if (id !== openImage.mediaId) await openImage.open(id)
    if (openImage.mediaId === id && kept.size)
      openImage.editor.setSelection(openImage.regions.flatMap((r) => (r.track && kept.has(r.track.id) ? [r.id] : [])))
  }

  /** Goes to the nearest key frame before or after, of the selected tracks or of any. */
  function keyFrame(direction: 1 | -1): number | undefined {
    const of = list.value.tracks.filter((t) => !selected.value.size || selected.value.has(t.id))
    const beyond = of.flatMap((t) => t.keys).filter((k) => (direction > 0 ? k > at.value : k < at.value))
    return beyond.length ? beyond.reduce((a, b) => (direction > 0 ? Math.min(a, b) : Math.max(a, b))) : undefined
  }

  async function toKeyFrame(direction: 1 | -1): Promise<void> {
    await outbox.empty()
    if (stale) await load()
    const to = keyFrame(direction)
    if (to !== undefined) await go(to)
  }

  const isSeen = (t: TrackSpans) => t.spans.some(([from, to]) => from <= at.value && at.value <= to)

  return { list, at, shown, selected, toggle, go, toKeyFrame, isSeen }
})
