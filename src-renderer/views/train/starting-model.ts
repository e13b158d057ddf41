/** The model that a training starts from: Nano, unless it cannot do what the recipe needs and another one in the box can. */
import { computed, type Ref, ref, watch } from 'vue'
import type { RecipeEntry } from '#shared/contract/training.ts'
import { useRuns } from '../../stores/runs.ts'

/** `model`: its folder; null for Nano. */
export function useStartingModel(recipe: Ref<RecipeEntry | undefined>) {
  const runs = useRuns()
  const model = ref<string | null>(null)
  /** Chosen here and by nobody else. */
  const own = ref<string | null>(null)
  const nano = computed(() => runs.models.find((m) => !m.checkpoint && !m.outside))
  /** In addition to Nano. */
  const startable = computed(() => runs.models.filter((m) => m !== nano.value))
  watch([recipe, model, nano], () => {
    if (!recipe.value || !nano.value || (model.value !== null && model.value !== own.value)) return
    const { needs } = recipe.value
    const can = (m: { can: readonly string[] }) => needs.every((need) => m.can.includes(need))
    own.value = can(nano.value) ? null : (startable.value.find((m) => !m.checkpoint && !m.outside && can(m))?.folder ?? null)
    model.value = own.value
  })
  return { model, startable }
}
