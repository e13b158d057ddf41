import type { ToolName } from '../types.ts'
import { BoxIdle } from './box/idle.ts'
import { BrushIdle } from './brush/idle.ts'
import { PanIdle } from './pan.ts'
import { PathIdle } from './path/idle.ts'
import { PointsIdle } from './points/idle.ts'
import { RotatedBoxIdle } from './rotated-box/idle.ts'
import { RulerIdle } from './ruler/idle.ts'
import { SelectIdle } from './select/idle.ts'
import { SkeletonIdle } from './skeleton/idle.ts'
import type { Tool } from './state.ts'
import { WandIdle } from './wand/idle.ts'

export const tools: { [K in ToolName]: Tool & { name: K } } = {
  select: { name: 'select', start: (editor) => new SelectIdle(editor) },
  pan: { name: 'pan', start: (editor) => new PanIdle(editor) },
  box: { name: 'box', start: (editor) => new BoxIdle(editor) },
  'rotated-box': { name: 'rotated-box', start: (editor) => new RotatedBoxIdle(editor) },
  polygon: { name: 'polygon', start: (editor) => new PathIdle(editor, 'polygon') },
  polyline: { name: 'polyline', start: (editor) => new PathIdle(editor, 'polyline') },
  scissors: { name: 'scissors', start: (editor) => new PathIdle(editor, 'scissors') },
  points: { name: 'points', start: (editor) => new PointsIdle(editor) },
  skeleton: { name: 'skeleton', start: (editor) => new SkeletonIdle(editor) },
  brush: { name: 'brush', start: (editor) => new BrushIdle(editor, 'brush') },
  eraser: { name: 'eraser', start: (editor) => new BrushIdle(editor, 'eraser') },
  wand: { name: 'wand', start: (editor) => new WandIdle(editor) },
  ruler: { name: 'ruler', start: (editor) => new RulerIdle(editor) },
}
