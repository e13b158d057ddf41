import { onUnmounted, ref, watch, type Ref } from 'vue'

/** The width of an element in CSS pixels, updated as it changes, so that text in drawings keeps its size. */
export function useWidth(element: Ref<Element | null | undefined>, first: number): Ref<number> {
  const width = ref(first)
  const observer = new ResizeObserver(([entry]) => {
    if (entry && entry.contentRect.width > 0) width.value = Math.round(entry.contentRect.width)
  })
  watch(element, (now, before) => {
    if (before) observer.unobserve(before)
    if (now) observer.observe(now)
  })
  onUnmounted(() => observer.disconnect())
  return width
}
