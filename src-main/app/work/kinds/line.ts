import { lineAsked } from '#shared/contract/merging.ts'
import { measureLine } from '../../merging/line.ts'
import { jobKind } from '../kind.ts'

/** Accuracy on the line between two models, at several α. */
export default jobKind({
  id: 'line',
  lane: 'training',
  request: lineAsked,
  run: ({ models, project, signal, progress }, asked) => measureLine(models, project, asked, { signal, progress }),
})
