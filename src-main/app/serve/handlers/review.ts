import type { reviewMethods } from '#shared/contract/review.ts'
import { openComments, proposalQueue, reviewOrderOf, reviewStanding } from '../../review/index.ts'
import type { HandlersOf } from '../parts.ts'

export const reviewHandlers = (): HandlersOf<typeof reviewMethods> => ({
  'review.order': (wanted, { project }) => ({ ids: reviewOrderOf(project, wanted) }),
  'review.proposals': (wanted, { project }) => proposalQueue(project, wanted),
  'review.standing': (_, { project }) => reviewStanding(project),
  'comments.open': (_, { project }) => openComments(project),
})
