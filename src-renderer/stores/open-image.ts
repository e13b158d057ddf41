/** The image being labelled: the canvas's editor, everything said of the image, and each change on its way as it is made. */
import { defineStore } from 'pinia'
import { computed, markRaw, reactive, ref, shallowRef, watch } from 'vue'
import type { ImageContent } from '#shared/contract/media.ts'
import { imageUrl, thumbnailUrl, tileSide, tileUrl } from '#shared/contract/urls.ts'
import type { Author } from '#shared/model/author.ts'
import type { Conflict } from '#shared/model/conflict.ts'
import type { Region } from '#shared/model/region.ts'
import {
  CanvasEditor,
  invertEdit,
  type CanvasChange,
  type CanvasImage,
  type CanvasStage,
  type RegionChange,
  type RegionEdit,
} from '../canvas/index.ts'
import { reasonWords } from '../locales/reasons.ts'
import { actionOf, call, outbox, outboxEvents, remote, temporaryId, type Change, type Request } from '../rpc/index.ts'
import { resolved } from '../rpc/conflicts.ts'
import { debounced } from '../timing.ts'
import { useGallery } from './gallery.ts'
import { useConflicts } from './conflicts.ts'
import { keepSettings } from './canvas-settings.ts'
import { keepGuides } from './guides.ts'
import { foresee, withBefore } from './optimistic.ts'
import { useProject } from './project.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** What the canvas draws of a region; a saved one that differs in nothing else is the same. */
const sameRegion = (a: Region, b: Region) => JSON.stringify({ ...a, id: 0 }) === JSON.stringify({ ...b, id: 0 })

function storedNumbers(place: string): number[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(stored) ? stored.filter((v) => typeof v === 'number') : []
  } catch {
    return []
  }
}

/** With more pixels an image comes in tiles. */
const tiled = 24e6

function canvasImage(key: string, { id, width, height }: ImageContent['media']): CanvasImage {
  const image = { mediaId: id, width: width ?? 1, height: height ?? 1, url: imageUrl(key, id) }
  if (image.width * image.height <= tiled) return image
  return {
    ...image,
    pyramid: { side: tileSide, overviewUrl: thumbnailUrl(key, id, 'large'), tileUrl: (level, x, y) => tileUrl(key, id, level, x, y) },
  }
}

/** Might what is on its way change this image? */
const concerns = ({ input }: Change, id: number) =>
  'mediaId' in input ? input.mediaId === id : 'mediaIds' in input ? input.mediaIds.includes(id) : true

export const useOpenImage = defineStore('open-image', () => {
  const [project, gallery, session, shell, toasts] = [useProject(), useGallery(), useSession(), useShell(), useToasts()]
  const mediaId = ref<number | null>(null)
  const content = shallowRef<ImageContent | null>(null)
  const failure = ref<string | null>(null)
  /** The image was taken out of the project, or never was in it. */
  const gone = ref(false)
  const stage = shallowRef<CanvasStage | null>(null)
  const author = (): Author => ({ kind: 'person', name: session.user || 'person' })
  const editor = markRaw(new CanvasEditor({ author, temporaryId, onEdit: (edit) => send(edit) }))

  /** Vue cannot see into the editor: what depends on it reads `seen.regions` and the like. */
  const seen = reactive<Record<CanvasChange, number>>({
    image: 0,
    view: 0,
    regions: 0,
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
  const regions = of(() => editor.regions.all().filter((r) => r.state !== 'rejected'), 'regions')
  const selection = of(() => [...editor.selection], 'selection', 'regions')
  const selected = of(() => editor.selected, 'selection', 'regions')
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
  /** Labels given lately, the last first; each project has its own. */
  const lastLabels = ref<number[]>([])
  const labelsPlace = () => `dashi:labels:${project.opened?.info.folder ?? ''}`
  watch(
    () => project.key,
    (key) => (lastLabels.value = key ? storedNumbers(labelsPlace()) : []),
    { immediate: true },
  )
  /** The label of new regions is that of before a reload. */
  const activePlace = () => `dashi:label:${project.opened?.info.folder ?? ''}`
  let restored = ''
  watch(
    () => project.labels,
    (labels) => {
      if (!project.key || restored === project.key || !labels.length) return
      restored = project.key
      const id = Number(localStorage.getItem(activePlace()))
      if (editor.activeLabelId === null && labels.some((l) => l.id === id)) editor.setLabel(id)
    },
    { immediate: true },
  )
  watch(activeLabelId, (id) => {
    if (project.key) localStorage.setItem(activePlace(), String(id ?? ''))
    if (id === null) return
    lastLabels.value = [id, ...lastLabels.value.filter((l) => l !== id)].slice(0, 8)
    localStorage.setItem(labelsPlace(), JSON.stringify(lastLabels.value))
  })

  // ---- Saving

  /** On its way in its turn, shown at once; kept until the application has it, over a reload as well. */
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
    if (mediaId.value !== null) forget(mediaId.value)
    outbox.add(made)
  }
  /** Changes of this page (others are of the one before it was loaded again), with what the image was before each. */
  const unsent = new Map<string, ImageContent>()
  const send = ({ action, changes }: RegionEdit) => {
    if (action.startsWith('draw ') && !session.settings.labelling.keepLabel) askForLabel()
    change({
      method: 'regions.apply',
      input: { mediaId: mediaId.value!, action, changes: changes.map(({ before, after }) => ({ before, after })) },
    })
  }
  /** Each region gets its own: what was chosen is forgotten once it was drawn, and the field waits for the next. */
  const askForLabel = () => setTimeout(() => document.querySelector<HTMLInputElement>('[data-find-label] input')?.focus())

  /** The caption that got its id last. */
  const renamedCaption = shallowRef<{ temporary: number; id: number } | null>(null)
  outboxEvents.sent = (done, renamed) => {
    const own = unsent.delete(done.op)
    // What words are being tied in keeps being the one that is meant.
    if (done.method === 'captions.add' && content.value?.media.id === done.input.mediaId)
      for (const r of renamed) {
        content.value = { ...content.value, captions: content.value.captions.map((c) => (c.id === r.temporary ? { ...c, id: r.id } : c)) }
        renamedCaption.value = r
      }
    if (!own || done.method !== 'regions.apply') return refetchSoon()
    if (mediaId.value === done.input.mediaId) for (const { temporary, id } of renamed) editor.rename(temporary, id)
    if (done.input.changes.some(({ before }) => before?.track)) refetchSoon() // more of its track followed
  }
  /** Both are shown and a person chooses; of what was taken away meanwhile, what was typed is made anew. */
  outboxEvents.conflict = async (change, conflicts) => {
    const choice = await useConflicts().ask(conflicts)
    unsent.delete(change.op)
    if (choice === 'theirs') refetchSoon()
    if (choice === 'mine' && conflicts.some((c) => c.how === 'removed')) return madeAnew(change, conflicts)
    return resolved(change, conflicts, choice)
  }
  function madeAnew(changed: Change, conflicts: readonly Conflict[]): Change | null {
    if (changed.method === 'regions.apply') return resolved(changed, conflicts, 'mine')
    if (mediaId.value === null) return null
    if (changed.method === 'captions.update') {
      const { text = '', language = null, spans = [], regionId = null } = { ...changed.input.before, ...changed.input.patch }
      return {
        ...changed,
        method: 'captions.add',
        temporary: temporaryId(),
        input: { mediaId: mediaId.value, regionId, text, language, spans },
      } as Change
    }
    if (changed.method === 'comments.update') {
      const { text = '' } = { ...changed.input.before, ...changed.input.patch }
      return {
        ...changed,
        method: 'comments.add',
        temporary: temporaryId(),
        input: { mediaId: mediaId.value, regionId: null, text },
      } as Change
    }
    return null
  }
  outboxEvents.replaced = () => void project.lookForReplacement()
  outboxEvents.refused = (change, error) => {
    unsent.delete(change.op)
    toasts.error(error.message)
    refetchSoon()
  }

  // ---- Opening, and looking ahead

  const ahead = new Map<number, Promise<ImageContent>>()
  const forget = (id: number) => ahead.delete(id)
  function fetchContent(id: number): Promise<ImageContent> {
    let fetched = ahead.get(id)
    if (!fetched) {
      fetched = call('media.content', { id })
      fetched.catch(() => forget(id))
      ahead.set(id, fetched)
      if (ahead.size > session.settings.prefetch + 7) forget(ahead.keys().next().value!)
    }
    return fetched
  }

  async function open(id: number): Promise<void> {
    mediaId.value = id
    failure.value = null
    gone.value = false
    shell.room = 'label'
    const at = gallery.places.get(id)
    if (at !== undefined) gallery.focusOn(at)
    // One image chosen is the one that was opened, or left for this one: what is done next is meant for the open one.
    if (gallery.selection.size === 1) gallery.selection.clear()
    await load(id)
  }
  async function load(id: number): Promise<void> {
    try {
      // Changes of this very image that are still on their way must be in what is shown.
      if (remote.connection.state === 'open' && outbox.waiting.some((c) => concerns(c, id))) await outbox.empty()
      const found = await fetchContent(id)
      if (mediaId.value !== id) return
      failure.value = null
      content.value = found
      if (found.media.width === null) await sayWhy(id)
      if (mediaId.value !== id) return
      editor.open(canvasImage(project.key, found.media), found.regions)
      lookAhead(id)
    } catch (e) {
      const there = await call('media.rows', { ids: [id] }).catch(() => null)
      if (mediaId.value !== id) return
      gone.value = there?.length === 0
      ;[failure.value, content.value] = [e instanceof Error ? e.message : String(e), null]
    }
  }
  /** Of a file that cannot be read. */
  async function sayWhy(id: number): Promise<void> {
    const [row] = await call('media.rows', { ids: [id] }).catch(() => [])
    if (mediaId.value === id) failure.value = reasonWords(row?.problem ?? 'not an image')
  }
  function lookAhead(id: number): void {
    const at = gallery.places.get(id)
    const many = session.settings.prefetch
    if (at === undefined || !many) return
    for (const neighbour of [...gallery.ids.slice(at + 1, at + 1 + many), gallery.ids[at - 1]])
      if (neighbour !== undefined) {
        void fetchContent(neighbour)
          .then(({ media }) => {
            const image = canvasImage(project.key, media)
            stage.value?.prefetch(image.pyramid?.overviewUrl ?? image.url)
          })
          .catch(() => undefined)
      }
  }
  /** No image is open. */
  function close(): void {
    mediaId.value = null
    content.value = null
    failure.value = null
  }
  /** Of the regions, those that are there. */
  const select = (ids: ReadonlySet<number>): void => {
    const there = editor.regions
      .all()
      .map((r) => r.id)
      .filter((id) => ids.has(id))
    if (there.join() !== editor.selection.join()) editor.setSelection(there)
  }
  /** Opens the image so many places on; false at the end. */
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
  /** What the application knows, shown without disturbing what is being drawn. */
  async function refetch(): Promise<void> {
    const id = mediaId.value
    if (id === null) return
    if (!content.value) return failure.value === null ? undefined : load(id) // it could not be asked for
    forget(id)
    const now = await call('media.content', { id })
    if (mediaId.value !== id) return
    if (outbox.state.waiting) return refetchSoon() // there are changes of which it did not know yet
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
    if (mediaIds.length === 0) ahead.clear()
    for (const id of mediaIds) forget(id)
    const mine = mediaId.value !== null && (mediaIds.length === 0 || mediaIds.includes(mediaId.value))
    if (!mine) return
    // What the canvas itself is sending it shows already.
    if (origin === session.client && outbox.sending?.method === 'regions.apply') return
    refetchSoon()
  })
  watch(
    () => project.key,
    () => {
      ahead.clear()
      close()
    },
  )

  /** Without a connection: the last change of this image, if it was not sent yet. */
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
      toasts.error(e instanceof Error ? e.message : String(e))
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
