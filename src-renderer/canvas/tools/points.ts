import { CircleDot } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { PointsIdle } from './points/idle.ts'

export default defineTool({
  id: 'points',
  section: 'outline',
  order: 5,
  title: { en: 'Points', ja: '点' },
  icon: CircleDot,
  keys: ['K'],
  cursor: 'crosshair',
  makes: ['keypoints'],
  hints: {
    idle: {
      en: 'Click a point · Shift+click: add to the selected points',
      ja: 'クリックで点 · Shift+クリックで選択中の点の組に追加',
    },
  },
  start: (editor) => new PointsIdle(editor),
})
