/** The editor on a page: stacked layers in one element, redrawn at most once per frame and only where something changed. */
import type { CanvasEditor } from '../editor.ts'
import type { CanvasChange } from '../types.ts'
import { ImageLayer } from './image-layer.ts'
import { listen } from './input.ts'
import { LiveLayer } from './live-layer.ts'
import { Minimap } from './minimap.ts'
import { RegionLayer } from './region-layer.ts'

export interface CanvasStage {
  /** Decodes an image that is likely to be opened next. */
  prefetch(url: string): void
  /** Resolves when the open image and all regions are drawn. */
  settled(): Promise<void>
  /** Milliseconds that the region worker took for its last image. */
  readonly rasterTime: number
  dispose(): void
}

/** `onError` is called if the image cannot be loaded. The page determines the element's size; the element takes keyboard focus. */
export function mountCanvas(
  element: HTMLElement,
  editor: CanvasEditor,
  { onError = () => undefined }: { onError?: (error: Error) => void } = {},
): CanvasStage {
  let frame = 0
  let waiting: (() => void)[] = []
  const pending = new Set<CanvasChange>()

  const schedule = () => (frame ||= requestAnimationFrame(draw))
  const images = new ImageLayer(editor, schedule, onError)
  const regions = new RegionLayer(editor, schedule)
  const live = new LiveLayer(editor)
  const minimap = new Minimap(editor)

  if (getComputedStyle(element).position === 'static') element.style.position = 'relative'
  Object.assign(element.style, { overflow: 'hidden', touchAction: 'none', userSelect: 'none' })
  if (!element.hasAttribute('tabindex')) element.tabIndex = 0
  element.append(images.element, regions.element, live.element, minimap.element)

  function draw(): void {
    frame = 0
    if (pending.has('image')) images.load()
    if (pending.has('image') || pending.has('labels')) regions.load()
    else if (pending.has('regions') || pending.has('ghosts')) regions.update()
    if (pending.has('settings')) images.style()
    pending.clear()
    const held = live.held()
    images.draw()
    regions.draw(held)
    live.draw(held, regions.missing(held))
    minimap.draw(images.image)
    element.style.cursor = editor.cursor
    if (images.settled && regions.settled) {
      for (const done of waiting) done()
      waiting = []
    }
  }

  const unsubscribe = editor.subscribe((what) => {
    for (const w of what) pending.add(w)
    schedule()
  })
  const unlisten = listen(element, editor)
  const resize = new ResizeObserver(() => {
    editor.setViewport({ width: element.clientWidth, height: element.clientHeight })
    images.resize()
    live.resize()
    schedule()
  })
  resize.observe(element)
  for (const what of ['image', 'settings'] as const) pending.add(what)
  schedule()

  return {
    prefetch: (url) => void images.cache.get(url).catch(() => undefined),
    settled: () =>
      new Promise((resolve) => {
        waiting.push(resolve)
        schedule()
      }),
    get rasterTime() {
      return regions.took
    },
    dispose() {
      cancelAnimationFrame(frame)
      unsubscribe()
      unlisten()
      resize.disconnect()
      regions.dispose()
      live.dispose()
      images.dispose()
      minimap.element.remove()
    },
  }
}
