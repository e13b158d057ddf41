import type { Region } from '#shared/model/region.ts'
import { frameOf, handleCursor, hitHandle } from '../../handles.ts'
import type { Overlay, Point, PointerInfo, VertexRef } from '../../types.ts'
import { deleteVertices, nearestEdge, nearestVertex, sameVertex } from '../../vertices.ts'
import { done, ToolState, type Answer, type Next, type StateAction } from '../../tool-state.ts'
import { edgePulled, handlePulled, Pulling, vertexPulled } from './pulling.ts'
import { Marquee } from './marquee.ts'
import { RegionPointing } from './region-pointing.ts'
import { Resizing } from './resizing.ts'
import { Rotating } from './rotating.ts'
import { reachedRegion, selectionFrame, vertexRegion } from './selection.ts'
import { VertexDragging } from './vertex-dragging.ts'

/** In order of precedence: vertices, edges and handles of the selection, then regions, then the rubber band. */
export class SelectIdle extends ToolState {
  readonly path = 'select.idle'
  private hint: { cursor: string; ghost?: Point } = { cursor: 'default' }

  override get cursor() {
    return this.hint.cursor
  }
  override overlay(): Overlay {
    return this.hint.ghost ? { ghost: this.hint.ghost } : {}
  }

  override onPointerDown(e: PointerInfo): Next {
    if (e.button !== 0) return undefined
    return this.onVertices(e) ?? this.onHandle(e) ?? this.onReached(e) ?? this.onRegion(e) ?? new Marquee(this.editor, e)
  }

  private onVertices(e: PointerInfo): Next {
    const { editor } = this
    const region = vertexRegion(editor)
    if (!region) return undefined
    const vertex = nearestVertex(region.shape, e.point, editor.reach())
    if (vertex) return this.onVertex(e, region, vertex)
    const edge = nearestEdge(region.shape, e.point, editor.reach(5))
    return edge && !e.shift && !e.alt && !e.ctrl && !e.double ? new Pulling(editor, e, edgePulled(editor, region, edge)) : undefined
  }

  private onVertex(e: PointerInfo, region: Region, vertex: VertexRef): Next {
    const { editor } = this
    if (e.alt) {
      editor.commitShape('delete vertex', region.id, deleteVertices(region.shape, [vertex]))
      return done
    }
    const chosen = editor.vertexSelection.some((v) => sameVertex(v, vertex))
    if (e.shift || e.ctrl) {
      editor.setVertexSelection(chosen ? editor.vertexSelection.filter((v) => !sameVertex(v, vertex)) : [...editor.vertexSelection, vertex])
      return done
    }
    if (!chosen) editor.setVertexSelection([vertex])
    return new VertexDragging(editor, region, region.shape, chosen ? editor.vertexSelection : [vertex], vertex)
  }

  /** A region that is not selected can be reshaped at once: the press selects it. */
  private onReached(e: PointerInfo): Next {
    const { editor } = this
    const region = e.shift || e.ctrl || e.double ? null : reachedRegion(editor, e.point)
    const pulled = region && this.pulledOf(region, e)
    if (!region || !pulled) return undefined
    editor.setSelection([region.id])
    const vertex = e.alt && nearestVertex(region.shape, e.point, editor.reach())
    return vertex ? this.onVertex(e, region, vertex) : new Pulling(editor, e, pulled, true)
  }
  private pulledOf(region: Region, e: PointerInfo) {
    const { editor } = this
    if (region.shape.kind === 'polygon' || region.shape.kind === 'polyline') {
      const vertex = nearestVertex(region.shape, e.point, editor.reach())
      if (vertex) return vertexPulled(editor, region, vertex)
      const edge = e.alt || region.shape.kind === 'polyline' ? null : nearestEdge(region.shape, e.point, editor.reach(5))
      return edge && edgePulled(editor, region, edge)
    }
    const frame = e.alt ? null : frameOf([region])
    const handle = frame && hitHandle(frame, editor.view.scale, e.point)
    return frame && handle?.dir ? handlePulled(editor, frame, { ...handle, dir: handle.dir }) : null
  }

  private onHandle(e: PointerInfo): Next {
    const { editor } = this
    const frame = selectionFrame(editor)
    const handle = frame && hitHandle(frame, editor.view.scale, e.point)
    if (!handle) return undefined
    return handle.dir ? new Resizing(editor, frame, handle.dir) : new Rotating(editor, frame, e.point)
  }

  private onRegion(e: PointerInfo): Next {
    const { editor } = this
    const hits = editor.settings.hideAll ? [] : editor.regions.hit(e.point, editor.reach(4))
    if (hits.length === 0) return undefined
    const selected = hits.find((r) => editor.selection.includes(r.id))
    if (e.double && selected) return new RegionPointing(editor, selected, e)
    // Alt picks the region beneath.
    const hit = e.alt && selected ? hits[(hits.indexOf(selected) + 1) % hits.length]! : (!e.shift && !e.ctrl && selected) || hits[0]!
    return new RegionPointing(editor, hit, e)
  }

  override onPointerMove(e: PointerInfo): Next {
    this.hint = this.look(e)
    return undefined
  }

  private look(e: PointerInfo): typeof this.hint {
    const { editor } = this
    const region = vertexRegion(editor)
    if (region) {
      if (nearestVertex(region.shape, e.point, editor.reach())) return { cursor: e.alt ? 'not-allowed' : 'crosshair' }
      const edge = nearestEdge(region.shape, e.point, editor.reach(5))
      if (edge) return { cursor: 'copy', ghost: edge.at }
    }
    const frame = selectionFrame(editor)
    const handle = frame && hitHandle(frame, editor.view.scale, e.point)
    if (handle) return { cursor: handleCursor(handle, frame) }
    const under = editor.settings.hideAll ? undefined : editor.regions.hit(e.point, editor.reach(4))[0]
    editor.hover(under?.id ?? null)
    const reached = e.shift || e.ctrl ? null : reachedRegion(editor, e.point)
    const pulled = reached && this.pulledOf(reached, e)
    if (pulled) return { cursor: e.alt ? 'not-allowed' : pulled.cursor, ...(pulled.at && { ghost: pulled.at }) }
    return { cursor: under && !under.locked ? 'move' : 'default' }
  }

  override onAction(action: StateAction): Answer {
    const { editor } = this
    const region = vertexRegion(editor)
    if ((action !== 'delete' && action !== 'remove-last') || !region || editor.vertexSelection.length === 0) return false
    editor.commitShape('delete vertices', region.id, deleteVertices(region.shape, editor.vertexSelection))
    return true
  }
}
