/** Conflicts with other windows, one at a time: each shows both values until someone has chosen. */
import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import type { Conflict } from '#shared/model/conflict.ts'
import type { Choice } from '../rpc/conflicts.ts'

export interface Asked {
  conflicts: readonly Conflict[]
  answer(choice: Choice): void
}

export const useConflicts = defineStore('conflicts', () => {
  const waiting = shallowRef<readonly Asked[]>([])
  const asked = computed(() => waiting.value[0] ?? null)
  const ask = (conflicts: readonly Conflict[]): Promise<Choice> =>
    new Promise((resolve) => {
      const one: Asked = {
        conflicts,
        answer(choice) {
          waiting.value = waiting.value.filter((w) => w !== one)
          resolve(choice)
        },
      }
      waiting.value = [...waiting.value, one]
    })
  return { asked, ask }
})
