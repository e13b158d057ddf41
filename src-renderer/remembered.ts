/** A choice that this browser keeps, such as which columns are shown. */
import { ref, watch, type Ref } from 'vue'

export function remembered<T>(name: string, first: T, is: (value: unknown) => value is T): Ref<T> {
  const place = `dashi:${name}`
  const read = (): T => {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(place) ?? 'null')
      return is(kept) ? kept : first
    } catch {
      return first
    }
  }
  const value = ref(read()) as Ref<T>
  watch(value, (now) => {
    try {
      localStorage.setItem(place, JSON.stringify(now))
    } catch {
      // full or private browser storage: the choice lasts until the page is closed
    }
  })
  return value
}

export const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((v) => typeof v === 'string')
export const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
