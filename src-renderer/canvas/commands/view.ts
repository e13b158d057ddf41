import { menuTitle } from '#shared/locales/index.ts'
import { defineCommands, type Run } from '../command.ts'
import { boundsOfShapes } from '../transform.ts'

const zoom =
  (factor: number): Run =>
  (editor) => {
    editor.zoom(factor)
    return true
  }
const brush =
  (factor: number): Run =>
  (editor) => {
    const size = Math.round(editor.settings.brushSize * factor)
    editor.set({ brushSize: Math.min(512, Math.max(1, size === editor.settings.brushSize ? size + Math.sign(factor - 1) : size)) })
    return true
  }
const toggle =
  (name: 'snapping' | 'crosshair' | 'minimap' | 'hideAll' | 'names' | 'grid' | 'guides' | 'snapToPixels'): Run =>
  (editor) => {
    editor.set({ [name]: !editor.settings[name] })
    return true
  }

export const viewing = defineCommands({
  'hide-all': {
    group: 'view',
    title: { en: 'Hide all regions', ja: '領域をすべて隠す' },
    keys: ['T'],
    run: toggle('hideAll'),
  },
  'zoom-in': {
    group: 'view',
    title: { en: 'Zoom in', ja: '拡大' },
    keys: ['Ctrl+=', 'Ctrl+Shift++'],
    run: zoom(1.25),
  },
  'zoom-out': {
    group: 'view',
    title: { en: 'Zoom out', ja: '縮小' },
    keys: ['Ctrl+-'],
    run: zoom(0.8),
  },
  'zoom-fit': {
    group: 'view',
    title: menuTitle('zoom-fit'),
    keys: ['Ctrl+F'],
    run(editor) {
      editor.fit()
      return true
    },
  },
  'zoom-actual': {
    group: 'view',
    title: { en: 'Actual pixels', ja: '実寸' },
    keys: ['Ctrl+0'],
    run(editor) {
      editor.zoom(1 / editor.view.scale)
      return true
    },
  },
  'zoom-region': {
    group: 'view',
    title: { en: 'Zoom to the region', ja: '領域を拡大表示' },
    keys: ['Z'],
    run(editor) {
      if (editor.selection.length === 0) return false
      editor.zoomTo(boundsOfShapes(editor.selected.map((r) => r.shape)))
      return true
    },
  },
  'brush-smaller': {
    group: 'view',
    title: { en: 'Smaller brush', ja: 'ブラシを小さく' },
    keys: ['-'],
    run: brush(0.8),
  },
  'brush-larger': {
    group: 'view',
    title: { en: 'Larger brush', ja: 'ブラシを大きく' },
    keys: ['=', 'Shift++'],
    run: brush(1.25),
  },
  'toggle-snapping': {
    group: 'view',
    title: { en: 'Snapping', ja: '吸着' },
    keys: ['Shift+S'],
    run: toggle('snapping'),
  },
  'toggle-crosshair': {
    group: 'view',
    title: { en: 'Crosshair', ja: '十字線' },
    keys: ['X'],
    run: toggle('crosshair'),
  },
  'toggle-minimap': {
    group: 'view',
    title: { en: 'Minimap', ja: 'ミニマップ' },
    run: toggle('minimap'),
  },
  'toggle-names': {
    group: 'view',
    title: { en: 'Names on the canvas', ja: '名前をキャンバスに表示' },
    keys: ['Shift+N'],
    run: toggle('names'),
  },
  'toggle-grid': {
    group: 'view',
    title: { en: 'Grid', ja: 'グリッド' },
    keys: ['Shift+G'],
    run: toggle('grid'),
  },
  'toggle-guides': {
    group: 'view',
    title: { en: 'Guides and rulers', ja: 'ガイドと定規' },
    keys: ['Shift+F'],
    run: toggle('guides'),
  },
  'toggle-pixels': {
    group: 'view',
    title: { en: 'Snap to whole pixels', ja: 'ピクセルに吸着' },
    keys: ['Shift+X'],
    run: toggle('snapToPixels'),
  },
})
