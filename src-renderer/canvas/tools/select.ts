import { MousePointer2 } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { SelectIdle } from './select/idle.ts'

export default defineTool({
  id: 'select',
  section: 'look',
  order: 1,
  title: { en: 'Select', ja: '選択' },
  icon: MousePointer2,
  keys: ['V'],
  cursor: 'default',
  makes: [],
  hints: {
    idle: {
      en: 'Drag to select several · Alt+click: the region beneath · Space+drag: pan',
      ja: 'ドラッグで複数選択 · Alt+クリックで下の領域 · スペース+ドラッグで移動',
    },
    vertices: {
      en: 'Drag a vertex, or an edge for a new one · Alt+click removes · double click: frame to scale and rotate',
      ja: '頂点をドラッグ、辺を引くと頂点を追加 · Alt+クリックで削除 · ダブルクリックで拡大・回転の枠',
    },
    mask: { en: 'Brush and eraser change this mask', ja: 'ブラシと消しゴムでこのマスクを修正' },
    turn: {
      en: 'Drag a corner to scale · the round handle above rotates, with Shift by 15°',
      ja: '角をドラッグで拡大縮小 · 上の丸いハンドルで回転、Shift で 15° ずつ',
    },
    joints: {
      en: 'Drag a point · O: hidden · Shift+O: missing · Y: next · double click: frame to scale and rotate',
      ja: '点をドラッグ · O：隠れている · Shift+O：なし · Y：次の点 · ダブルクリック：拡大縮小と回転の枠',
    },
  },
  hint({ shape, selected }) {
    if (shape === 'keypoints') return 'joints'
    if (shape === 'polygon' || shape === 'polyline') return 'vertices'
    if (shape !== null) return shape === 'mask' ? 'mask' : 'turn'
    return selected ? null : 'idle'
  },
  start: (editor) => new SelectIdle(editor),
})
