/** Actions on all images shown. */
import { call, outbox } from '../rpc/index.ts'
import { useCuration } from '../stores/curation.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useGallery } from '../stores/gallery.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import { undoing } from './bulk.ts'

/** Accepts the proposals on all images shown; if a minimum score is set, only those that reach it. */
export async function acceptShown(): Promise<void> {
  const [gallery, toasts, openImage] = [useGallery(), useToasts(), useOpenImage()]
  await outbox.empty() // a proposal that was just corrected no longer counts as one
  const { regions, labels } = await call('proposals.accept', { mediaIds: gallery.ids, minScore: gallery.filter.score?.min ?? null })
  if (!regions && !labels) return toasts.say('keys.noProposals')
  await openImage.refetch()
  toasts.done('keys.accepted', { count: regions + labels }, undoing)
}

/** The usual shares; the split tool offers others. */
const usualShares = { train: 0.8, val: 0.1, test: 0.1 }

/** Proposes and applies splits in one step; unmet requests are listed in the split tool. */
export async function splitNow(): Promise<void> {
  const [curation, shell, toasts] = [useCuration(), useShell(), useToasts()]
  await outbox.empty()
  shell.room = 'data'
  curation.tool = 'split'
  const job = await curation.run(() => call('curation.propose-split', { shares: usualShares, stratify: true, duplicates: true }))
  if (job?.status !== 'done') return
  const { changed } = await call('curation.apply-split')
  toasts.done('toast.splitApplied', { count: changed }, undoing)
}
