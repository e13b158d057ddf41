/** Verdicts on images, comments, and what annotators disagree about. */
import type { ReviewState } from '#shared/model/media.ts'
import { defineActions } from '../../actions/action.ts'
import { bulk, chosenImages } from '../../actions/bulk.ts'
import { failing, labelling, opened } from '../../actions/when.ts'
import { useAgreement } from '../../stores/agreement.ts'
import { useComments } from '../../stores/comments.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useIncomplete } from '../../stores/incomplete.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useReview } from '../../stores/review.ts'
import { useToasts } from '../../stores/toasts.ts'

const someImages = () => opened() && chosenImages().length > 0
const approve = () => useIncomplete().done(() => useReview().give('approved'))
const verdict = (state: ReviewState) => () => {
  const [review, images] = [useReview(), chosenImages()]
  const one = labelling() && useGallery().selection.size === 0
  if (one && state === 'approved') approve()
  else if (one && state === 'rejected' && review.active) review.sendBack()
  else bulk.review(images, state)
}
const stepComments = (by: 1 | -1) => () =>
  failing(
    useComments()
      .step(by)
      .then((found) => void (found || useToasts().say('comments.none'))),
  )
/** Ghosts of a model among them. */
const proposalsMeant = () => useOpenImage().editor.atHand.some((r) => r.state === 'proposed')

export default defineActions(70, [
  {
    id: 'settle-disagreements',
    title: { en: 'Settle disagreements', ja: '不一致を順に決める' },
    group: 'review',
    available: () => opened() && useAgreement().list.length > 0,
    run: () => failing(useAgreement().begin()),
  },
  {
    id: 'review-mode',
    title: { en: 'Review mode', ja: 'レビューモード' },
    keys: ['Shift+V'],
    group: 'review',
    available: labelling,
    run: () => useReview().toggle(),
  },
  {
    id: 'comment',
    title: { en: 'Comment', ja: 'コメント' },
    keys: ['Shift+C'],
    group: 'review',
    available: labelling,
    run: () => useComments().compose(),
  },
  {
    id: 'next-comment',
    title: { en: 'Next open comment', ja: '次の未解決コメント' },
    keys: ['Shift+J'],
    group: 'review',
    available: opened,
    run: stepComments(1),
  },
  {
    id: 'previous-comment',
    title: { en: 'Previous open comment', ja: '前の未解決コメント' },
    keys: ['Shift+H'],
    group: 'review',
    available: opened,
    run: stepComments(-1),
  },
  {
    id: 'review-accept',
    title: { en: 'Approve and go to the next (in review)', ja: '承認して次へ（レビュー中）' },
    keys: ['Enter'],
    group: 'review',
    available: () => labelling() && useReview().active && !proposalsMeant(),
    run: approve,
  },
  {
    id: 'approve',
    title: { en: 'Approve', ja: '承認' },
    keys: ['Shift+Enter'],
    group: 'review',
    available: someImages,
    run: verdict('approved'),
  },
  {
    id: 'send-back',
    title: { en: 'Send back', ja: '差し戻す' },
    keys: ['Shift+Backspace'],
    group: 'review',
    available: someImages,
    run: verdict('rejected'),
  },
  {
    id: 'ask-review',
    title: { en: 'Ask for review', ja: 'レビューを依頼' },
    group: 'review',
    available: someImages,
    run: verdict('in-review'),
  },
  {
    id: 'clear-review',
    title: { en: 'Mark as not reviewed', ja: '未レビューに戻す' },
    group: 'review',
    available: someImages,
    run: verdict('unreviewed'),
  },
])
