/** Proposals of models, on the open image and on all images shown. */
import { defineActions } from '../../actions/action.ts'
import { bulk } from '../../actions/bulk.ts'
import { failing, labelling, opened } from '../../actions/when.ts'
import { acceptShown } from '../../actions/whole.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useProject } from '../../stores/project.ts'

/** Proposals that a key applies to: selected, or under the pointer. */
const meant = () =>
  labelling() ? useOpenImage().editor.atHand.filter((r) => r.state === 'proposed' && useOpenImage().editor.regions.isSaved(r)) : []
const all = () => (labelling() ? useOpenImage().regions.filter((r) => r.state === 'proposed') : [])
const idsOf = (regions: readonly { id: number }[]) => regions.map((r) => r.id)
const judge = (state: 'accepted' | 'rejected') => () => (meant().length ? bulk.regionState(idsOf(meant()), state) : false)

export default defineActions(50, [
  {
    id: 'accept',
    title: { en: 'Accept the proposal', ja: '提案を採用' },
    keys: ['Enter'],
    group: 'review',
    rank: 1,
    available: () => meant().length > 0,
    run: judge('accepted'),
  },
  {
    id: 'reject',
    title: { en: 'Reject the proposal', ja: '提案を却下' },
    keys: ['Escape'],
    group: 'review',
    rank: 1,
    available: () => meant().length > 0,
    run: judge('rejected'),
  },
  {
    id: 'accept-all',
    title: { en: 'Accept all proposals', ja: '提案をすべて採用' },
    keys: ['Ctrl+Enter'],
    group: 'review',
    available: () => all().length > 0,
    run: () => bulk.regionState(idsOf(all()), 'accepted'),
  },
  {
    id: 'accept-shown',
    title: { en: 'Accept the proposals of all images shown', ja: '表示中の画像の提案をすべて採用' },
    keys: ['Ctrl+Shift+Enter'],
    group: 'review',
    available: () => opened() && useGallery().ids.length > 0 && (useProject().facets?.proposed ?? 0) > 0,
    run: () => failing(acceptShown()),
  },
  {
    id: 'next-proposal',
    title: { en: 'Next proposal', ja: '次の提案' },
    keys: ['.'],
    group: 'review',
    available: () => all().length > 0,
    run() {
      const { editor, selection } = useOpenImage()
      const list = [...all()].reverse()
      const at = list.findIndex((r) => selection.includes(r.id))
      editor.setSelection([list[(at + 1) % list.length]!.id])
    },
  },
])
