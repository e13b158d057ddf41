import { PersonStanding } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { SkeletonIdle } from './skeleton/idle.ts'

export default defineTool({
  id: 'skeleton',
  section: 'outline',
  order: 6,
  title: { en: 'Skeleton', ja: '骨格' },
  icon: PersonStanding,
  keys: ['Shift+K'],
  cursor: 'crosshair',
  makes: ['keypoints'],
  hints: {
    idle: {
      en: 'Drag a box for the skeleton, or click for the last size · drag its points · O: hidden · Shift+O: missing',
      ja: '枠をドラッグ、またはクリックで前回と同じ大きさ · 点をドラッグ · O：隠れている · Shift+O：なし',
    },
    none: {
      en: 'No label has a skeleton yet: add one in “Edit labels …”',
      ja: '骨格を持つラベルがありません。「ラベルを編集」で作ってください',
    },
  },
  hint: ({ skeleton }) => (skeleton ? 'idle' : 'none'),
  during: { drawing: { keys: ['cancel'] } },
  start: (editor) => new SkeletonIdle(editor),
})
