/** Verdicts on the proposals of the queue. They share their keys with those on any proposal. */
import { defineActions } from '../../actions/action.ts'
import { failing, labelling } from '../../actions/when.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useProject } from '../../stores/project.ts'
import { useProposalQueue } from '../../stores/proposal-queue.ts'

/** Whether the current proposal's image is the one on screen, or on its way there. */
const here = () => labelling() && (useProposalQueue().busy || useProposalQueue().current?.mediaId === useOpenImage().mediaId)
/** After what is in progress on the canvas, before the proposal under the pointer. */
const rank = 1.5
const group = 'review' as const
const nth = ['1', '2', '3', '4', '5', '6', '7', '8', '9']

export default defineActions(72, [
  {
    id: 'queue-accept',
    title: { en: 'Accept and go to the next (in the queue)', ja: '採用して次へ（キュー中）' },
    keys: ['Enter'],
    group,
    rank,
    available: here,
    run: () => failing(useProposalQueue().judge('accepted')),
  },
  {
    id: 'queue-reject',
    title: { en: 'Reject and go to the next (in the queue)', ja: '却下して次へ（キュー中）' },
    keys: ['Escape'],
    group,
    rank,
    available: here,
    run: () => failing(useProposalQueue().judge('rejected')),
  },
  {
    id: 'queue-skip',
    title: { en: 'Next proposal of the queue', ja: 'キューの次の提案' },
    keys: ['.'],
    group,
    rank,
    available: here,
    run: () => failing(useProposalQueue().skip()),
  },
  {
    id: 'queue-back',
    title: { en: 'Previous proposal of the queue', ja: 'キューの前の提案' },
    keys: [','],
    group,
    rank,
    available: here,
    run: () => failing(useProposalQueue().go(-1)),
  },
  {
    id: 'queue-undo',
    title: { en: 'Take back the last verdict of the queue', ja: 'キューの直前の判断を取り消す' },
    keys: ['Ctrl+Z'],
    group,
    rank: 3, // before the canvas's, which undoes on the open image alone
    available: () => labelling() && useProposalQueue().active && (useProposalQueue().busy || useProposalQueue().last !== null),
    run: () => failing(useProposalQueue().takeBack()),
  },
  ...nth.map((key) => ({
    id: `queue-label-${key}`,
    title: { en: `Accept as label ${key} (in the queue)`, ja: `ラベル ${key} として採用（キュー中）` },
    keys: [key],
    group,
    rank,
    available: () => here() && useProject().labelForKey(key) !== undefined,
    run: () => failing(useProposalQueue().judge('accepted', useProject().labelForKey(key)!.id)),
  })),
])
