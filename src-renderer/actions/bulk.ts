/** Bulk edits of images; each is one change, and its toast can undo it. */
import type { MediaPatch } from '#shared/contract/annotations.ts'
import type { Input } from '#shared/contract.ts'
import { call, outbox, type Request } from '../rpc/index.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useGallery } from '../stores/gallery.ts'
import { useProject } from '../stores/project.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'

/** The images that a bulk edit applies to: the selected ones, otherwise the open one. */
export function chosenImages(): number[] {
  const [openImage, gallery, shell] = [useOpenImage(), useGallery(), useShell()]
  if (gallery.selection.size) return [...gallery.selection]
  return shell.room === 'label' && openImage.mediaId !== null ? [openImage.mediaId] : []
}

/** Undoes the project's last change, which is the one that the toast shows. */
export async function takeBack(): Promise<void> {
  await outbox.empty()
  await call('history.undo', {})
  await useOpenImage().refetch()
}
/** The undo button of a toast. */
export const undoing = { key: 'actions.undo', run: () => void takeBack().catch((e: unknown) => useToasts().error(String(e))) }
function change(request: Request, toast: string, count: number): void {
  useOpenImage().change(request)
  useToasts().done(toast, { count }, undoing)
}

export const bulk = {
  label: (mediaIds: number[], labelId: number) =>
    change({ method: 'image-labels.set', input: { mediaIds, labelId } }, 'toast.labelled', mediaIds.length),
  split: (mediaIds: number[], split: string | null) =>
    change({ method: 'splits.set', input: { mediaIds, split } }, 'toast.split', mediaIds.length),
  review: (mediaIds: number[], review: Input<'review.set'>['review']) =>
    change({ method: 'review.set', input: { mediaIds, review } }, 'toast.reviewed', mediaIds.length),
  tag: (mediaIds: number[], tag: string) => change({ method: 'tags.add', input: { mediaIds, tag } }, 'toast.tagged', mediaIds.length),
  edit: (mediaIds: number[], patch: MediaPatch) =>
    change({ method: 'media.edit', input: { mediaIds, patch } }, 'toast.edited', mediaIds.length),
  async remove(ids: number[]) {
    await call('media.remove', { ids })
    useToasts().done('toast.removed', { count: ids.length }, undoing)
  },
  async addFolder(folder: string) {
    const { jobId } = await call('projects.add-folder', { folder })
    void useProject().watchScan(jobId, folder)
    useToasts().say('toast.adding', { folder })
  },
  /** Accepts or rejects regions of the open image, then selects the next proposal. */
  regionState(ids: readonly number[], state: 'accepted' | 'rejected') {
    const { editor } = useOpenImage()
    const regions = ids.flatMap((id) => editor.regions.get(id) ?? [])
    const what = `${state === 'accepted' ? 'accept' : 'reject'} ${regions.length === 1 ? 'proposal' : `${regions.length} proposals`}`
    editor.commit(
      what,
      regions.map((before) => ({ before, after: { ...before, state } })),
    )
    const left = editor.regions.all().filter((r) => r.state === 'proposed' && editor.regions.isSaved(r))
    editor.setSelection(left.slice(-1).map((r) => r.id))
  },
}

/** Copies another image's regions to the open one, as one change. */
export async function copyFrom(mediaId: number): Promise<void> {
  const [{ editor }, toasts] = [useOpenImage(), useToasts()]
  await outbox.empty()
  const { regions } = await call('media.content', { id: mediaId })
  const copied = regions.filter((r) => r.state === 'accepted' && !r.hidden)
  const clipboard = editor.clipboard
  editor.clipboard = { regions: copied, mediaId }
  const pasted = editor.execute('paste')
  editor.clipboard = clipboard
  if (!pasted) toasts.say('toast.nothingToCopy')
}

/** Copies the selection to the following images as one change; the toast offers to undo it. */
export async function copyOnward(images: number): Promise<void> {
  const [{ editor, mediaId }, gallery, toasts] = [useOpenImage(), useGallery(), useToasts()]
  const here = gallery.places.get(mediaId ?? 0)
  if (here === undefined) return
  const mediaIds = gallery.ids.slice(here + 1, here + 1 + images)
  if (!mediaIds.length || !editor.selection.length) return toasts.say('toast.noNext')
  await outbox.empty() // newly drawn regions have their ids by then
  const copied = await call('regions.copy', { ids: [...editor.selection], mediaIds })
  toasts.done('toast.copied', { regions: copied.regions, count: copied.images.length }, undoing)
}
