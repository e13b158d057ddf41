/** Guides, and points of skeletons. */
import type { KeypointsShape } from '#shared/model/shape.ts'
import type { Visibility } from '#shared/model/skeleton.ts'
import { defineCommands, type Run } from '../command.ts'
import { nextPoint, otherPresence, otherSight } from '../keypoints.ts'
import { vertexRegion } from '../tools/select/selection.ts'
import { nearestVertex } from '../vertices.ts'
import { toImage } from '../view.ts'

/** Changes the state of the selected points of the selected keypoints, or else of the point under the pointer. */
const pointState =
  (to: (shape: KeypointsShape, indices: readonly number[]) => Visibility): Run =>
  (editor) => {
    const region = vertexRegion(editor)
    if (region?.shape.kind !== 'keypoints') return false
    const { shape } = region
    const under = editor.pointer && nearestVertex(shape, editor.pointer, editor.reach())
    const refs = editor.vertexSelection.length ? editor.vertexSelection : under ? [under] : []
    if (refs.length === 0) return false
    const indices = refs.map((r) => r.index)
    editor.setPointStates(region.id, indices, to(shape, indices))
    return true
  }

/** Adds a guide through the pointer, or removes the one there. */
const guide =
  (axis: 'x' | 'y'): Run =>
  (editor) => {
    if (!editor.image || !editor.pointer) return false
    editor.toggleGuide(axis, editor.pointer[axis])
    return true
  }

/** Steps through the points of the selected keypoints. */
const walk =
  (by: 1 | -1): Run =>
  (editor) => {
    const region = vertexRegion(editor)
    if (region?.shape.kind !== 'keypoints') return false
    const index = nextPoint(
      region.shape,
      editor.vertexSelection.map((r) => r.index),
      by,
    )
    if (index === null) return false
    editor.setVertexSelection([{ part: 0, ring: 0, index }])
    return true
  }

export const guiding = defineCommands({
  'guide-upright': {
    group: 'edit',
    title: { en: 'Vertical guide at the pointer', ja: 'ポインターの位置に垂直ガイド' },
    keys: [';'],
    run: guide('x'),
  },
  'guide-level': {
    group: 'edit',
    title: { en: 'Horizontal guide at the pointer', ja: 'ポインターの位置に水平ガイド' },
    keys: ["'"],
    run: guide('y'),
  },
})

export const points = defineCommands({
  'place-skeleton': {
    group: 'edit',
    title: { en: 'Place a skeleton at the pointer', ja: 'ポインターの位置に骨格を置く' },
    keys: ['J'],
    run(editor) {
      const { pointer, view, viewport } = editor
      return editor.placeSkeleton(pointer ?? toImage(view, { x: viewport.width / 2, y: viewport.height / 2 }))
    },
  },
  'point-hidden': {
    group: 'edit',
    title: { en: 'Toggle point hidden', ja: '点を隠れている・見えるに切り替え' },
    keys: ['O'],
    run: pointState(otherSight),
  },
  'point-missing': {
    group: 'edit',
    title: { en: 'Toggle point missing', ja: '点をなし・ありに切り替え' },
    keys: ['Shift+O'],
    run: pointState(otherPresence),
  },
  'next-point': {
    group: 'edit',
    title: { en: 'Next point', ja: '次の点' },
    keys: ['Y'],
    run: walk(1),
  },
  'previous-point': {
    group: 'edit',
    title: { en: 'Previous point', ja: '前の点' },
    keys: ['Shift+Y'],
    run: walk(-1),
  },
})
