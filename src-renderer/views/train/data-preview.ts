/** What the chosen recipe would be trained on, fetched again as labels and splits change. */
import { computed, onActivated, ref, shallowRef, watch, type Ref } from 'vue'
import type { DataPreview } from '#shared/contract/runs.ts'
import type { TrainingChoice } from '#shared/model/training-choice.ts'
import { call } from '../../rpc/index.ts'
import { useProject } from '../../stores/project.ts'

export function useDataPreview(recipe: Ref<string | null>, choice: Ref<TrainingChoice | null>) {
  const project = useProject()
  const data = shallowRef<DataPreview | null>(null)
  const looking = ref(false)
  let turn = 0
  async function load(): Promise<void> {
    const mine = ++turn
    const asked = { recipe: recipe.value ?? '', ...(choice.value && { data: choice.value }) }
    const found = recipe.value === null ? null : await call('training.data', asked).catch(() => null)
    if (mine === turn) data.value = found?.classes.length ? found : null
  }
  watch([recipe, choice, () => project.opened?.info.datasetHash], load, { immediate: true })
  onActivated(load)
  const trained = computed(() => data.value?.splits.find((s) => s.name === 'train')?.images ?? 0)
  return { data, looking, trained }
}
