/** Which images are shown, in what order, and which are selected. All ids are loaded; rows are fetched as they come into view. */
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, watch } from 'vue'
import type { MediaRow, MediaSort } from '#shared/contract/media.ts'
import type { MediaFilter } from '#shared/model/project.ts'
import { call, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useProject } from './project.ts'

const page = 200
/** Maximum number of cached rows; the oldest are dropped first. */
const kept = 5000

/** Images found by something other than the filter, in their order: search results, or findings of a tool. */
export interface FoundImages {
  title: string
  ids: readonly number[]
}

export const useGallery = defineStore('gallery', () => {
  const project = useProject()
  const filter = ref<MediaFilter>({})
  const sort = ref<MediaSort>({ by: 'id', descending: false })
  /** Only these images, as far as they pass the filter. */
  const found = shallowRef<FoundImages | null>(null)
  const ids = shallowRef<number[]>([])
  const loading = ref(false)
  const rows = shallowReactive(new Map<number, MediaRow>())
  const selection = shallowReactive(new Set<number>())
  /** Index of the image with keyboard focus. */
  const focus = ref(0)
  /** The start of a Shift selection. */
  let anchor = 0
  const places = computed(() => new Map(ids.value.map((id, i) => [id, i])))
  const filtered = computed(() => Object.keys(filter.value).length > 0 || found.value !== null)

  let asked = 0
  let answered: Promise<void> = Promise.resolve()
  const refresh = (anew = false): Promise<void> => (answered = ask(anew))
  /** Resolves once the latest request is answered. */
  const settled = () => answered.catch(() => undefined)
  /** `anew`: for another filter or order, whose first images are shown before the rest arrives. */
  async function ask(anew: boolean): Promise<void> {
    if (!project.opened) return
    const mine = ++asked
    loading.value = true
    try {
      const wanted = { filter: filter.value, sort: sort.value }
      const some = await call('media.ids', anew && !found.value ? { ...wanted, first: page * 5 } : wanted)
      if (mine !== asked) return
      if (some.more) ids.value = some.ids
      const passing = some.more ? (await call('media.ids', wanted)).ids : some.ids
      if (mine !== asked) return
      const there = found.value && new Set(passing)
      ids.value = there ? found.value!.ids.filter((id) => there.has(id)) : passing
      for (const id of selection) if (!places.value.has(id)) selection.delete(id)
      focus.value = Math.min(focus.value, Math.max(0, ids.value.length - 1))
    } finally {
      if (mine === asked) loading.value = false
    }
  }
  const set = (patch: Partial<MediaFilter>) => {
    filter.value = Object.fromEntries(Object.entries({ ...filter.value, ...patch }).filter(([, v]) => v !== undefined))
  }
  function clear(): void {
    filter.value = {}
    found.value = null
  }
  /** Shows only these images, in this order. */
  function show(what: FoundImages | null): void {
    if (what) filter.value = {}
    found.value = what
    focus.value = 0
  }
  watch([filter, sort, found], () => void refresh(true).catch(() => undefined))
  watch(
    () => project.key,
    () => {
      rows.clear()
      selection.clear()
      ;[ids.value, focus.value] = [[], 0]
      if (filtered.value)
        clear() // requests by itself
      else if (project.key) void refresh(true).catch(() => undefined)
    },
  )

  const missing = new Set<number>()
  const fetchMissing = debounced(async () => {
    const wanted = [...missing].slice(-page * 2)
    missing.clear()
    for (let at = 0; at < wanted.length; at += page)
      for (const row of await call('media.rows', { ids: wanted.slice(at, at + page) }).catch(() => [])) rows.set(row.id, row)
    for (const id of rows.keys()) {
      if (rows.size <= kept) break
      rows.delete(id)
    }
  }, 16)
  /** Fetches these rows if needed. */
  function want(from: number, to: number): void {
    for (const id of ids.value.slice(from, to)) if (!rows.has(id)) missing.add(id)
    if (missing.size) fetchMissing()
  }
  async function refetch(changed: readonly number[]): Promise<void> {
    const shown = (changed.length ? changed : [...rows.keys()].slice(-page)).filter((id) => rows.has(id))
    if (!changed.length) rows.clear()
    for (let at = 0; at < shown.length; at += page)
      for (const row of await call('media.rows', { ids: shown.slice(at, at + page) })) rows.set(row.id, row)
  }
  const refreshSoon = debounced(() => void refresh().catch(() => undefined), 300)
  remote.on('annotations.changed', ({ mediaIds }) => {
    void refetch(mediaIds).catch(() => undefined)
    // While labelling, an image keeps its place even if it no longer passes the filter.
  })
  remote.on('project.changed', ({ what }) => what.includes('media') && refreshSoon())

  /** As in a file manager: alone, toggled (Ctrl), or a range (Shift). */
  function choose(index: number, how: { ctrl?: boolean; shift?: boolean } = {}): void {
    const id = ids.value[index]
    if (id === undefined) return
    focus.value = index
    if (how.shift) {
      anchor = Math.min(anchor, ids.value.length - 1)
      if (!how.ctrl) selection.clear()
      for (const other of ids.value.slice(Math.min(anchor, index), Math.max(anchor, index) + 1)) selection.add(other)
      return
    }
    anchor = index
    if (how.ctrl) {
      if (!selection.delete(id)) selection.add(id)
    } else {
      selection.clear()
      selection.add(id)
    }
  }
  /** Focuses an image without selecting it. */
  function focusOn(index: number): void {
    focus.value = anchor = index
  }
  const chooseAll = () => ids.value.forEach((id) => selection.add(id))
  /** Selects these images, or adds them to the selection. */
  function chooseThese(these: readonly number[], more = false): void {
    if (!more) selection.clear()
    for (const id of these) if (places.value.has(id)) selection.add(id)
    const first = these.length ? places.value.get(these[0]!) : undefined
    if (first !== undefined) focusOn(first)
  }

  return {
    filter,
    sort,
    found,
    ids,
    rows,
    places,
    loading,
    filtered,
    selection,
    focus,
    refresh,
    settled,
    set,
    clear,
    show,
    want,
    choose,
    chooseAll,
    chooseThese,
    focusOn,
  }
})
