/** Token counts of captions, fetched and cached; the model is chosen per project. */
import { computed, ref, shallowReactive, watch } from 'vue'
import { call } from '../../rpc/index.ts'
import { useProject } from '../../stores/project.ts'
import { useRuns } from '../../stores/runs.ts'
import { debounced } from '../../timing.ts'

export interface Count {
  tokens: number
  /** Characters that the model reads. */
  fits: number
}

const limit = ref<number | null>(null)
const chosen = ref<string | null>(null)
const counts = shallowReactive(new Map<string, Count>())
const wanted = new Set<string>()

const ask = debounced(async () => {
  const [texts, model] = [[...wanted].slice(0, 200), chosen.value]
  wanted.clear()
  try {
    const said = await call('captions.tokens', { texts, ...(model !== null && { model }) })
    if (model !== chosen.value) return
    limit.value = said.limit
    if (counts.size > 5000) counts.clear()
    texts.forEach((text, i) => counts.set(text, said.counts[i]!))
  } catch {
    // Without a connection, or if the model is gone, there are no counts.
  }
}, 60)

let made = false

export function useTokens() {
  const [project, runs] = [useProject(), useRuns()]
  const place = () => `dashi:caption-model:${project.opened?.info.folder ?? ''}`
  if (!made) {
    made = true
    watch(
      () => project.key,
      () => (chosen.value = localStorage.getItem(place())),
      { immediate: true },
    )
    watch(chosen, () => counts.clear())
  }
  const count = (text: string): Count | null => {
    const known = counts.get(text)
    if (!known && text.trim() && !wanted.has(text)) {
      wanted.add(text)
      ask()
    }
    return known ?? null
  }
  /** A model whose run was removed is no longer offered. */
  const model = computed({
    get: () =>
      runs.models.find((m) => m.folder === chosen.value)?.folder ?? runs.models.find((m) => !m.checkpoint && !m.outside)?.folder ?? null,
    set(folder: string | null) {
      chosen.value = folder
      if (folder) localStorage.setItem(place(), folder)
    },
  })
  return { limit, count, model }
}
