import { palette } from '#shared/model/label.ts'
import type { Region } from '#shared/model/region.ts'
import { CanvasEditor, mountCanvas } from '../../../../src-renderer/canvas/index.ts'
import { toScreen } from '../../../../src-renderer/canvas/view.ts'
import { hugePolygon, masks, picture, polygons, size } from './scenes.ts'

const element = document.getElementById('canvas')!
const editor = new CanvasEditor({ author: () => ({ kind: 'person', name: 'bench' }), onEdit: () => edits++ })
let edits = 0
const stage = mountCanvas(element, editor)
editor.setLabels(
  palette.map((colour, i) => ({
    id: i + 1,
    name: `class ${i}`,
    colour,
    key: null,
    synonyms: [],
    prompts: [],
    parentId: null,
    attributes: [],
  })),
)

const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))
/** After the coming frame was drawn and handed over. */
const painted = () =>
  new Promise<number>((resolve) =>
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resolve(performance.now())
      port2.postMessage(0)
    }),
  )

const pictures: string[] = []
const scenes: Record<string, () => Region[]> = {
  '5,000 polygons': () => polygons(5000, 20),
  '200 masks': () => masks(200),
  '20,000 vertices': () => [hugePolygon(20_000)],
  empty: () => [],
}

const bench = {
  async prepare() {
    for (const seed of [1, 2, 3, 4]) pictures.push(await picture(seed))
  },
  /** Milliseconds from opening a document until everything is on the screen; the image was there before. */
  async open(scene: string, image = 0): Promise<number> {
    const regions = scenes[scene]!()
    stage.prefetch(pictures[image]!)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    const from = performance.now()
    editor.open({ mediaId: 1, url: pictures[image]!, ...size }, regions)
    await stage.settled()
    await painted()
    return performance.now() - from
  },
  /** Frames' intervals in milliseconds while real wheel events pan or zoom. */
  async frames(how: 'pan' | 'zoom', count = 120): Promise<number[]> {
    const out: number[] = []
    let last = await frame()
    for (let i = 0; i < count; i++) {
      const t = (2 * Math.PI * i) / 60
      element.dispatchEvent(
        new WheelEvent('wheel', {
          clientX: 640,
          clientY: 400,
          cancelable: true,
          bubbles: true,
          ctrlKey: how === 'zoom',
          ...(how === 'zoom' ? { deltaY: -40 * Math.cos(t) } : { deltaX: 60 * Math.cos(t), deltaY: 40 * Math.sin(t) }),
        }),
      )
      const now = await frame()
      out.push(now - last)
      last = now
    }
    await stage.settled()
    return out
  },
  zoomTo: async (scale: number) => {
    editor.zoom(scale / editor.view.scale)
    await stage.settled()
  },
  fit: async () => {
    editor.fit()
    await stage.settled()
  },
  tool: (name: 'select' | 'box' | 'brush') => editor.setTool(name),
  edits: () => edits,
  raster: () => stage.rasterTime,
  /** Where on the page a region's first vertex is, and a place inside of it. */
  vertex(id: number): { x: number; y: number } {
    const shape = editor.regions.get(id)!.shape
    const ring = shape.kind === 'polygon' ? shape.parts[0]![0]! : []
    return toScreen(editor.view, { x: ring[0]!, y: ring[1]! })
  },
  select: async (id: number) => {
    editor.setSelection([id])
    await stage.settled()
  },
  /** From the event's own time to the frame that shows it. */
  answerTo: (type: 'pointerup' | 'pointermove' | 'pointerdown') =>
    new Promise<number>((resolve) =>
      element.addEventListener(type, (e) => void painted().then((at) => resolve(at - e.timeStamp)), { once: true, capture: true }),
    ),
  settled: async () => {
    const from = performance.now()
    await stage.settled()
    return performance.now() - from
  },
}
export type CanvasBenchPage = typeof bench
declare global {
  interface Window {
    bench: CanvasBenchPage
  }
}
window.bench = bench
