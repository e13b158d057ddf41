/** Fewer vertices for the outlines of the selected regions, shown before they are taken. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { simplification, type Simplification } from '#shared/geometry/convert.ts'
import type { Region } from '#shared/model/region.ts'
import { counted } from '../canvas/index.ts'
import { useOpenImage } from './open-image.ts'

/** In image pixels, by the position of the slider; at 0 nothing is simplified. */
export const tolerances = [0, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50, 64] as const

export const useSimplify = defineStore('simplify', () => {
  const openImage = useOpenImage()
  const { editor } = openImage
  /** Position of the slider. */
  const at = ref(0)
  const tolerance = computed(() => tolerances[at.value] ?? 0)
  const regions = computed(() =>
    openImage.selected.filter((r) => !r.locked && (r.shape.kind === 'polygon' || r.shape.kind === 'polyline' || r.shape.kind === 'mask')),
  )
  const allAt = (tolerance: number) =>
    regions.value.flatMap((region): { region: Region; result: Simplification }[] => {
      const result = simplification(region.shape, tolerance)
      return result ? [{ region, result }] : []
    })
  const sum = (all: readonly { result: Simplification }[]) => all.reduce((n, { result }) => n + result.vertices, 0)
  /** The outline of a mask is traced only once it is to be simplified. */
  const isKnown = computed(() => at.value > 0 || regions.value.every((r) => r.shape.kind !== 'mask'))
  const before = computed(() => (isKnown.value ? sum(allAt(0)) : null))
  const results = computed(() => (at.value > 0 ? allAt(tolerance.value) : []))
  const after = computed(() => sum(results.value))
  /** The least of all regions'; null if only lines are selected. */
  const iou = computed(() => {
    const all = results.value.flatMap(({ result }) => result.iou ?? [])
    return all.length ? Math.min(...all) : null
  })

  watch(results, (now) => editor.setPreviews(now.length ? new Map(now.map(({ region, result }) => [region.id, result.shape])) : null), {
    flush: 'sync',
  })
  const shapesOf = (list: readonly Region[]) => list.map((r) => r.shape)
  watch(regions, (now, was) => {
    const [a, b] = [shapesOf(now), shapesOf(was)]
    if (a.length !== b.length || a.some((shape, i) => shape !== b[i])) reset()
  })
  watch(() => openImage.tool, reset)

  function reset(): void {
    at.value = 0
  }
  function apply(): void {
    const changes = results.value.map(({ region: before, result }) => ({ before, after: { ...before, shape: result.shape } }))
    reset()
    editor.commit(counted('simplify', changes.length), changes)
  }
  return { at, tolerance, regions, before, after, iou, reset, apply }
})
