/** The queue of proposals: one after the other across images, in an order chosen before, whatever becomes of them. */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, shallowReactive, shallowRef, watch } from 'vue'
import type { QueuedProposal, Uncertainty } from '#shared/model/review.ts'
import { inOrder, type QueueOrder } from '../queue-order.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useSession } from './session.ts'
import { useToasts } from './toasts.ts'

export type Judgement = 'accepted' | 'rejected' | 'relabelled' | 'skipped'

/** Proposals of a queue at most: as many as a day's work. */
const MOST = 5000
const PAGE = 1000

export const useProposalQueue = defineStore('proposal-queue', () => {
  const [openImage, gallery, project, session, toasts] = [useOpenImage(), useGallery(), useProject(), useSession(), useToasts()]
  const proposals = shallowRef<readonly QueuedProposal[]>([])
  const at = ref(-1)
  /** What became of them, by place. */
  const judged = shallowReactive(new Map<number, Judgement>())
  const current = computed<QueuedProposal | null>(() => proposals.value[at.value] ?? null)
  const active = computed(() => current.value !== null)
  /** Verdicts and moves, one after the other: a key that is pressed while the next image is coming waits for that image. */
  let turn: Promise<unknown> = Promise.resolve()
  const waiting = ref(0)
  const busy = computed(() => waiting.value > 0)
  function inTurn(work: () => Promise<void>): Promise<void> {
    waiting.value++
    const done = turn.then(work).finally(() => waiting.value--)
    turn = done.catch(() => undefined) // whoever asked for it says what went wrong
    return done
  }
  const counts = computed(() => {
    const of = (what: Judgement) => [...judged.values()].filter((j) => j === what).length
    const done = of('accepted') + of('rejected') + of('relabelled')
    return {
      all: proposals.value.length,
      left: proposals.value.length - done,
      accepted: of('accepted') + of('relabelled'),
      rejected: of('rejected'),
    }
  })
  watch(
    () => project.key,
    () => end(),
  )

  /** @returns the number of proposals */
  async function begin(order: QueueOrder, by: Partial<Uncertainty>): Promise<number> {
    await outbox.empty()
    const filter = gallery.filter
    const found: QueuedProposal[] = []
    for (let total = Infinity; found.length < Math.min(total, MOST);) {
      const page = await call('review.proposals', { filter, by, offset: found.length, limit: PAGE })
      if (!page.proposals.length) break
      total = page.total
      found.push(...page.proposals)
    }
    // Of a search's findings, only those.
    const shown = found.filter((p) => gallery.places.has(p.mediaId))
    judged.clear()
    proposals.value = inOrder(shown, order, gallery.places)
    at.value = -1
    if (proposals.value.length) await inTurn(() => move(1))
    return proposals.value.length
  }
  function end(): void {
    proposals.value = []
    at.value = -1
    judged.clear()
  }

  /** Whether it is still open to judgement: somebody else, or an undo, may have changed it. */
  const isOpen = (p: QueuedProposal): boolean => {
    const content = openImage.content
    if (openImage.mediaId !== p.mediaId || content?.media.id !== p.mediaId) return true
    if (p.kind === 'region') return openImage.editor.regions.get(p.id)?.state === 'proposed'
    return content.labels.some((l) => l.id === p.id && l.state === 'proposed')
  }
  /** To the next, or previous, proposal that is open; after the last one the queue ends. */
  async function move(by: 1 | -1): Promise<void> {
    for (let next = at.value + by; ; next += by) {
      const to = proposals.value[next]
      if (!to) return by > 0 ? end() : undefined
      at.value = next
      if (openImage.mediaId !== to.mediaId) await openImage.open(to.mediaId)
      await nextTick()
      if (current.value !== to) return // meanwhile, the queue went on
      if (by > 0 && !isOpen(to)) continue
      if (to.kind === 'region') openImage.editor.setSelection([to.id])
      return
    }
  }
  /** Judges the current proposal in one change, and goes on. `labelId`: it is accepted as this label. */
  async function verdict(state: 'accepted' | 'rejected', labelId?: number): Promise<void> {
    const p = current.value
    if (!p || openImage.mediaId !== p.mediaId) return
    const relabels = labelId !== undefined && labelId !== p.labelId
    if (p.kind === 'region') {
      const before = openImage.content?.media.id === p.mediaId ? openImage.editor.regions.get(p.id) : undefined
      if (!before) return pass() // its image cannot be shown
      const after = { ...before, state, ...(relabels && { labelId }) }
      openImage.editor.commit(`${state === 'accepted' ? 'accept' : 'reject'} proposal`, [{ before, after }])
    } else if (relabels) openImage.change({ method: 'image-labels.choose', input: { mediaId: p.mediaId, labelId } })
    // The proposal itself, so that it is known whose label it was.
    else
      void call('image-labels.state', { ids: [p.id], state })
        .then(openImage.refetch)
        .catch((e: unknown) => toasts.error(errorWords(e)))
    changed.value = p.mediaId
    judged.delete(at.value) // verdicts are in the order in which they were given
    judged.set(at.value, relabels ? 'relabelled' : state)
    await move(1)
  }
  /** The image that this window changed last. */
  const changed = ref<number | null>(null)
  remote.on('annotations.changed', ({ origin, mediaIds }) => {
    if (origin === session.client) changed.value = mediaIds.length === 1 ? mediaIds[0]! : null
  })
  /** The place of the last verdict, if nothing was changed on another image since. */
  const last = computed(() => {
    const [place] = [...judged].filter(([, j]) => j !== 'skipped').at(-1) ?? []
    return place !== undefined && proposals.value[place]?.mediaId === changed.value ? place : null
  })
  /** Undoes what was last changed on the image of the last verdict; if it was the verdict, its proposal is the current one again. */
  async function undo(): Promise<void> {
    const place = last.value
    const p = place === null ? undefined : proposals.value[place]
    if (place === null || !p) return
    if (openImage.mediaId !== p.mediaId) await openImage.open(p.mediaId)
    if (!(await openImage.turn('undo')) || !isOpen(p)) return
    judged.delete(place)
    at.value = place
    if (p.kind === 'region') openImage.editor.setSelection([p.id])
  }
  async function pass(): Promise<void> {
    if (!judged.has(at.value)) judged.set(at.value, 'skipped')
    await move(1)
  }
  return {
    proposals,
    at,
    current,
    active,
    busy,
    counts,
    last,
    begin,
    end,
    go: (by: 1 | -1) => inTurn(() => move(by)),
    judge: (state: 'accepted' | 'rejected', labelId?: number) => inTurn(() => verdict(state, labelId)),
    skip: () => inTurn(pass),
    takeBack: () => inTurn(undo),
  }
})
