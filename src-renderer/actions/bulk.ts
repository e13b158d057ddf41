/** Changes of many images at once; each is one edit, and its toast takes it back. */
import type { Input } from '#shared/contract.ts'
import { call } from '../rpc/index.ts'
import { useDesk } from '../stores/desk.ts'
import { useToasts } from '../stores/toasts.ts'

/** Takes back the project's last change, which is the one that the toast speaks of. */
const undo = { key: 'actions.undo', run: () => void call('history.undo', {}).then(() => useDesk().refetch()) }
const done = (key: string, count: number) => useToasts().done(key, { count }, undo)

export const bulk = {
  async label(mediaIds: number[], labelId: number) {
    await call('image-labels.set', { mediaIds, labelId })
    done('toast.labelled', mediaIds.length)
  },
  async split(mediaIds: number[], split: string | null) {
    await call('splits.set', { mediaIds, split })
    done('toast.split', mediaIds.length)
  },
  async review(mediaIds: number[], review: Input<'review.set'>['review']) {
    await call('review.set', { mediaIds, review })
    done('toast.reviewed', mediaIds.length)
  },
  async tag(mediaIds: number[], tag: string) {
    await call('tags.add', { mediaIds, tag })
    done('toast.tagged', mediaIds.length)
  },
  async remove(ids: number[]) {
    await call('media.remove', { ids })
    done('toast.removed', ids.length)
  },
  async addFolder(folder: string) {
    await call('projects.add-folder', { folder })
    useToasts().say('toast.adding', { folder })
  },
  /** Of the open image; the next proposal is then in the hand. */
  regionState(ids: readonly number[], state: 'accepted' | 'rejected') {
    const { editor } = useDesk()
    const regions = ids.flatMap((id) => editor.regions.get(id) ?? [])
    editor.commit(state === 'accepted' ? 'accept proposal' : 'reject proposal', regions.map((before) => ({ before, after: { ...before, state } })))
    const left = editor.regions.all().filter((r) => r.state === 'proposed')
    editor.setSelection(left.slice(-1).map((r) => r.id))
  },
}
