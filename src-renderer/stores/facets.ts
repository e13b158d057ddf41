/** Counts of images per facet value under the filter: estimated at once and, if there are very many, exact a moment later. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { Facets } from '#shared/contract/media.ts'
import { call } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useProject } from './project.ts'

/** Milliseconds without a change after which very many images are counted exactly. */
const patience = 700

export const useFacets = defineStore('facets', () => {
  const [gallery, project] = [useGallery(), useProject()]
  /** Under the current filter. */
  const facets = shallowRef<Facets | null>(null)
  /** The image folders by id. */
  const roots = shallowRef<ReadonlyMap<number, string>>(new Map())
  /** Number of panels that show the facets. */
  const watched = ref(0)
  let asked = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function refresh(): Promise<void> {
    clearTimeout(timer)
    const mine = ++asked
    const filter = gallery.filter
    const take = (found: Facets) => {
      if (mine !== asked) return
      facets.value = found
      if (found.approximate && watched.value)
        timer = setTimeout(
          () =>
            void call('media.facets', { filter, exact: true })
              .then(take)
              .catch(() => undefined),
          patience,
        )
    }
    if (!Object.keys(filter).length && project.facets) take(project.facets)
    else take(await call('media.facets', { filter }))
  }
  const again = () => void (project.opened && watched.value ? refresh().catch(() => undefined) : undefined)
  watch([() => gallery.filter, () => project.facets, watched], again)
  watch(
    () => [project.key, project.facets?.total],
    async () => {
      if (project.opened) roots.value = new Map((await call('media.roots').catch(() => [])).map((r) => [r.id, r.folder]))
    },
    { immediate: true },
  )
  watch(
    () => project.key,
    () => (facets.value = null),
  )

  const attend = (more: 1 | -1) => void (watched.value += more)
  return { facets: computed(() => facets.value ?? project.facets), roots, attend, refresh }
})
