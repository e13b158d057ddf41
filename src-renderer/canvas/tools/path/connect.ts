import { simplifyLine } from '#shared/geometry/polygon.ts'
import type { CanvasDocument } from '../../document.ts'
import { Livewire } from '../../masks/livewire.ts'
import type { Pixels, Point } from '../../types.ts'

export type PathTool = 'polygon' | 'polyline' | 'scissors'

/** How a line continues from the last vertex: returns flat points, excluding that vertex and including the new one. */
export interface Connector {
  from(p: Point): void
  to(p: Point): number[]
}

const straight: Connector = { from: () => undefined, to: ({ x, y }) => [x, y] }

/** Follows edges in the image; the single-pixel steps are simplified. */
function livewire(wire: Livewire): Connector {
  let start: Point = { x: 0, y: 0 }
  return {
    from(p) {
      start = p
      wire.seed(p)
    },
    to(p) {
      const inner = wire.pathTo(p).slice(0, -2)
      return simplifyLine([start.x, start.y, ...inner, p.x, p.y], 0.9).slice(2)
    },
  }
}

/** Gradients are computed once per image. */
const wires = new WeakMap<Pixels, Livewire>()

/** Null if the tool needs the image's pixels and they are not loaded yet. */
export function connectorFor(editor: CanvasDocument, tool: PathTool): Connector | null {
  if (tool !== 'scissors') return straight
  const pixels = editor.pixels()
  if (!pixels) return null
  let wire = wires.get(pixels)
  if (!wire) wires.set(pixels, (wire = new Livewire(pixels)))
  return livewire(wire)
}
