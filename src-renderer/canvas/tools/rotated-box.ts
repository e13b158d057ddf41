import { Diamond } from 'lucide-vue-next'
import { defineTool } from '../tool.ts'
import { RotatedBoxIdle } from './rotated-box/idle.ts'

export default defineTool({
  id: 'rotated-box',
  section: 'outline',
  order: 2,
  title: { en: 'Rotated box', ja: '回転矩形' },
  icon: Diamond,
  keys: ['Shift+R'],
  cursor: 'crosshair',
  makes: ['rotated-box'],
  hints: {
    idle: {
      en: 'Draw one edge at the angle you want, then drag out the box',
      ja: '望む角度で一辺を引き、そこから矩形を引き出す',
    },
    edge: { en: 'Along one edge, at its angle', ja: '一辺に沿って、その角度で' },
    depth: { en: 'Move to set the depth, then click', ja: '矩形を引き出してクリック' },
  },
  during: { edge: { hint: 'edge', keys: ['cancel'] }, depth: { hint: 'depth', keys: ['cancel'] } },
  start: (editor) => new RotatedBoxIdle(editor),
})
