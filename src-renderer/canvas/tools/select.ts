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
      en: 'Drag around several · Alt+click: what lies beneath · Space+drag: pan',
      ja: 'ドラッグで複数選択 · Alt+クリックで下の領域 · スペース+ドラッグで移動',
    },
    vertices: {
      en: 'Drag a vertex, pull an edge for a new one · Alt+click removes · double click: frame to scale and turn',
      ja: '頂点をドラッグ、辺を引くと頂点を追加 · Alt+クリックで削除 · ダブルクリックで拡大・回転の枠',
    },
    mask: { en: 'Brush and eraser change this mask', ja: 'ブラシと消しゴムでこのマスクを修正' },
    turn: {
      en: 'Drag a corner to scale · the round handle above turns it, with Shift by 15°',
      ja: '角をドラッグで拡大縮小 · 上の丸いハンドルで回転、Shift で 15° ずつ',
    },
    joints: {
      en: 'Drag a point · O: hidden · Shift+O: not there · Y: the next one · double click: frame to scale and turn',
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
