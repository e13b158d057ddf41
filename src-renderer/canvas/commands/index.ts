/** The canvas's commands, in the order in which lists show them and in which they are tried for a shared key. */
import type { CommandRecord } from '../command.ts'
import { arranging } from './arrange.ts'
import { clipboard, visibility } from './clipboard.ts'
import { converting } from './convert.ts'
import { nudging } from './nudge.ts'
import { guiding, points } from './points.ts'
import { progress, toolChoice } from './progress.ts'
import { viewing } from './view.ts'

const all = {
  ...progress,
  ...clipboard,
  ...arranging,
  ...converting,
  ...visibility,
  ...nudging,
  ...guiding,
  ...points,
  ...viewing,
  ...toolChoice,
}

export type CanvasCommand = keyof typeof all
export const commands: Readonly<Record<CanvasCommand, CommandRecord>> = all
