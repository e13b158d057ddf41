/** The model that a training starts from: Nano, or the one in the box that was made for what the recipe does. */
import { computed, type Ref, ref, watch } from 'vue'
import type { RecipeEntry } from '#shared/contract/training.ts'
import { useRuns } from '../../stores/runs.ts'

/** `model`: its folder; null for the recipe's own, where that is Nano. */
export function useStartingModel(recipe: Ref<RecipeEntry | undefined>) {
  const runs = useRuns()
  const model = ref<string | null>(null)
  /** Chosen here and by nobody else. */
  const own = ref<string | null>(null)
  const nano = computed(() => runs.models.find((m) => !m.checkpoint && !m.outside))
  /** In addition to what is started from where none is chosen, if that is Nano; otherwise Nano is one of them, if it can do it. */
  const startable = computed(() =>
    runs.models.filter(
      (m) =>
        m !== nano.value ||
        (recipe.value && recipe.value.startsFrom !== m.folder && recipe.value.needs.every((need) => m.can.includes(need))),
    ),
  )
  watch([recipe, model, nano], () => {
    if (!recipe.value || !nano.value || (model.value !== null && model.value !== own.value)) return
    const { startsFrom } = recipe.value
    own.value = startsFrom === nano.value.folder ? null : (startable.value.find((m) => m.folder === startsFrom)?.folder ?? null)
    model.value = own.value
  })
  return { model, startable, nano }
}
