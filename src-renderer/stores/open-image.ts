/** The image being labelled: the canvas editor, the image's annotations, and sending of changes. */
import { defineStore } from 'pinia'
import { computed, markRaw, reactive, ref, shallowRef, watch } from 'vue'
import type { ImageContent } from '#shared/contract/media.ts'
import type { Author } from '#shared/model/author.ts'
import type { Region } from '#shared/model/region.ts'
import { CanvasEditor, invertEdit, type CanvasChange, type CanvasStage, type RegionChange, type RegionEdit } from '../canvas/index.ts'
import { errorWords } from '../locales/error-words.ts'
import { reasonWords } from '../locales/reasons.ts'
import { actionOf, call, outbox, outboxEvents, remote, temporaryId, type Change, type Request } from '../rpc/index.ts'
import { madeAnew, resolved } from '../rpc/conflicts.ts'
import { debounced } from '../timing.ts'
import { useGallery } from './gallery.ts'
import { useConflicts } from './conflicts.ts'
import { keepSettings } from './canvas-settings.ts'
import { keepGuides } from './guides.ts'
import { canvasImage, imageContents } from './image-contents.ts'
import { rememberLabels } from './label-memory.ts'
import { foresee, withBefore } from './optimistic.ts'
import { useProject } from './project.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** Ignores the id, which changes when a region is saved. */
const sameRegion = (a: Region, b: Region) => JSON.stringify({ ...a, id: 0 }) === JSON.stringify({ ...b, id: 0 })

/** Whether a pending change might affect this image. */
const concerns = ({ input }: Change, id: number) =>
  'mediaId' in input ? input.mediaId === id : 'mediaIds' in input ? input.mediaIds.includes(id) : true

export const useOpenImage = defineStore('open-image', () => {
  const [project, gallery, session, shell, toasts] = [useProject(), useGallery(), useSession(), useShell(), useToasts()]
  const mediaId = ref<number | null>(null)
  const content = shallowRef<ImageContent | null>(null)
  const failure = ref<string | null>(null)
  /** The image was removed from the project, or never was in it. */
  const gone = ref(false)
  const stage = shallowRef<CanvasStage | null>(null)
  const author = (): Author => ({ kind: 'person', name: session.user || 'person' })
  const editor = markRaw(new CanvasEditor({ author, temporaryId, onEdit: (edit) => send(edit) }))

  /** Vue does not track the editor: computeds that depend on it read `seen.regions` and the like. */
  const seen = reactive<Record<CanvasChange, number>>({
    image: 0,
    view: 0,
    regions: 0,
    ghosts: 0,
    selection: 0,
    tool: 0,
    overlay: 0,
    settings: 0,
    labels: 0,
    pointer: 0,
  })
  editor.subscribe((what) => {
    for (const w of what) seen[w]++
  })
  const of = <T>(read: () => T, ...what: CanvasChange[]) =>
    computed(() => {
      for (const w of what) void seen[w]
      return read()
    })
  const regions = of(() => editor.regions.all().filter((r) => r.state !== 'rejected' && editor.regions.isSaved(r)), 'regions')
  const selection = of(() => editor.selection.filter((id) => editor.regions.isSaved({ id })), 'selection', 'regions')
  const selected = of(() => editor.selected.filter(editor.regions.isSaved), 'selection', 'regions')
  const tool = of(() => editor.tool, 'tool')
  const settings = of(() => ({ ...editor.settings }), 'settings')
  const zoom = of(() => editor.view.scale, 'view')
  const activeLabelId = of(() => editor.activeLabelId, 'labels')
  watch(
    () => project.labels,
    (labels) => editor.setLabels(labels),
  )
  keepSettings(editor, () => settings.value)
  keepGuides(editor, () => project.opened?.info.folder ?? null)
  const lastLabels = rememberLabels(editor, activeLabelId)

  const contents = imageContents()

  // ---- Saving

  /** Shows a change at once and queues it; it is kept, also across a reload, until the application has it. */
  function change(request: Request): void {
    const made = {
      ...(content.value ? withBefore(content.value, request) : request),
      op: crypto.randomUUID(),
      project: project.opened!.info.folder,
      temporary: /add$/.test(request.method) ? temporaryId() : undefined,
    } as Change
    if (content.value) {
      unsent.set(made.op, content.value)
      content.value = foresee(content.value, made, author())
    }
    if (mediaId.value !== null) contents.forget(mediaId.value)
    outbox.add(made)
  }
  /** Changes of this page load (the outbox may hold older ones), with the image's content before each. */
  const unsent = new Map<string, ImageContent>()
  const send = ({ action, changes }: RegionEdit) => {
    if (action.startsWith('draw ') && !session.settings.labelling.keepLabel) askForLabel()
    change({
      method: 'regions.apply',
      input: { mediaId: mediaId.value!, action, changes: changes.map(({ before, after }) => ({ before, after })) },
    })
  }
  /** Focuses the label field after each drawing, for people who label every region individually. */
  const askForLabel = () => setTimeout(() => document.querySelector<HTMLInputElement>('[data-find-label] input')?.focus())

  /** The last caption that was given its saved id. */
  const renamedCaption = shallowRef<{ temporary: number; id: number } | null>(null)
  outboxEvents.sent = (done, renamed) => {
    const own = unsent.delete(done.op)
    // Words being tied refer to the caption by its id.
    if (done.method === 'captions.add' && content.value?.media.id === done.input.mediaId)
      for (const r of renamed) {
        content.value = { ...content.value, captions: content.value.captions.map((c) => (c.id === r.temporary ? { ...c, id: r.id } : c)) }
        renamedCaption.value = r
      }
    if (!own || done.method !== 'regions.apply') return refetchSoon()
    if (mediaId.value === done.input.mediaId) for (const { temporary, id } of renamed) editor.rename(temporary, id)
    if (done.input.changes.some(({ before }) => before?.track)) refetchSoon() // other frames of the track changed too
  }
  /** The person chooses between both versions; text typed into something that was removed meanwhile is added as new. */
  outboxEvents.conflict = async (change, conflicts) => {
    const choice = await useConflicts().ask(conflicts)
    unsent.delete(change.op)
    if (choice === 'theirs') refetchSoon()
    if (choice === 'mine' && conflicts.some((c) => c.how === 'removed')) return madeAnew(change, conflicts, mediaId.value)
    return resolved(change, conflicts, choice)
  }
  outboxEvents.replaced = () => void project.lookForReplacement()
  outboxEvents.refused = (change, error) => {
    unsent.delete(change.op)
    toasts.error(errorWords(error))
    refetchSoon()
  }

  // ---- Opening and prefetching

  async function open(id: number): Promise<void> {
    mediaId.value = id
    failure.value = null
    gone.value = false
    shell.room = 'label'
    const at = gallery.places.get(id)
    if (at !== undefined) gallery.focusOn(at)
    // A single selected image is the one opened or just left: further actions apply to the open one.
    if (gallery.selection.size === 1) gallery.selection.clear()
    await load(id)
  }
  async function load(id: number): Promise<void> {
    try {
      // Pending changes of this image must be included in what is shown.
      if (remote.connection.state === 'open' && outbox.waiting.some((c) => concerns(c, id))) await outbox.empty()
      const found = await contents.of(id)
      if (mediaId.value !== id) return
      failure.value = null
      content.value = found
      if (found.media.width === null) await sayWhy(id)
      if (mediaId.value !== id) return
      editor.open(canvasImage(project.key, found.media), found.regions)
      contents.lookAhead(id, stage.value)
    } catch (e) {
      const there = await call('media.rows', { ids: [id] }).catch(() => null)
      if (mediaId.value !== id) return
      gone.value = there?.length === 0
      ;[failure.value, content.value] = [errorWords(e), null]
    }
  }
  /** Shows why a file cannot be read. */
  async function sayWhy(id: number): Promise<void> {
    const [row] = await call('media.rows', { ids: [id] }).catch(() => [])
    if (mediaId.value === id) failure.value = reasonWords(row?.problem ?? 'not an image')
  }
  /** No image is open. */
  function close(): void {
    mediaId.value = null
    content.value = null
    failure.value = null
  }
  /** Selects those of the regions that exist. */
  const select = (ids: ReadonlySet<number>): void => {
    const there = editor.regions
      .all()
      .map((r) => r.id)
      .filter((id) => ids.has(id))
    if (there.join() !== editor.selection.join()) editor.setSelection(there)
  }
  /** Opens the image `by` positions further; false at the end. */
  function step(by: number): boolean {
    const at = mediaId.value === null ? -1 : (gallery.places.get(mediaId.value) ?? gallery.focus - Math.sign(by))
    const next = gallery.ids[at + by]
    if (next === undefined) return false
    void open(next)
    return true
  }

  const refetchSoon = debounced(
    () =>
      void outbox
        .empty()
        .then(refetch)
        .catch(() => undefined),
    30,
  )
  /** Shows the application's state without disturbing a drawing in progress. */
  async function refetch(): Promise<void> {
    const id = mediaId.value
    if (id === null) return
    if (!content.value) return failure.value === null ? undefined : load(id) // it failed to load before
    contents.forget(id)
    const now = await call('media.content', { id })
    if (mediaId.value !== id) return
    if (outbox.state.waiting) return refetchSoon() // the answer lacks changes that are still queued
    content.value = now
    const theirs = new Map(now.regions.map((r) => [r.id, r]))
    const changes: RegionChange[] = editor.regions
      .all()
      .filter((r) => r.id > 0 && !theirs.has(r.id))
      .map((before) => ({ before, after: null }))
    for (const after of now.regions) {
      const before = editor.regions.get(after.id) ?? null
      if (!before || !sameRegion(before, after)) changes.push({ before, after })
    }
    if (changes.length) editor.receive(changes)
  }
  remote.on('annotations.changed', ({ mediaIds, origin }) => {
    if (mediaIds.length === 0) contents.clear()
    for (const id of mediaIds) contents.forget(id)
    const mine = mediaId.value !== null && (mediaIds.length === 0 || mediaIds.includes(mediaId.value))
    if (!mine) return
    // The canvas already shows its own changes.
    if (origin === session.client && outbox.sending?.method === 'regions.apply') return
    refetchSoon()
  })
  watch(
    () => project.key,
    () => {
      contents.clear()
      close()
    },
  )

  /** Undo without a connection: withdraws the last change of this image if it was not sent yet. */
  function takeBackUnsent(): boolean {
    const last = outbox.waiting.at(-1)
    const before = last && unsent.get(last.op)
    if (!last || before?.media.id !== mediaId.value || !outbox.withdraw(last)) return false
    unsent.delete(last.op)
    content.value = before
    if (last.method === 'regions.apply') editor.receive(invertEdit(last.input).changes)
    toasts.say('toast.undo', { action: actionOf(last) })
    return true
  }

  async function turn(how: 'undo' | 'redo'): Promise<boolean> {
    if (how === 'undo' && remote.connection.state === 'lost' && takeBackUnsent()) return true
    await outbox.empty()
    const scope = shell.room === 'label' && mediaId.value !== null ? { mediaId: mediaId.value } : {}
    try {
      const entry = await call(`history.${how}`, scope)
      if (entry) await refetch()
      toasts.turned(how, entry?.action ?? null)
      return entry !== null
    } catch (e) {
      toasts.error(errorWords(e))
      return false
    }
  }

  return {
    mediaId,
    content,
    failure,
    gone,
    stage,
    editor,
    regions,
    selection,
    selected,
    tool,
    settings,
    zoom,
    activeLabelId,
    lastLabels,
    seen,
    renamedCaption,
    open,
    close,
    select,
    step,
    refetch,
    change,
    turn,
  }
})
