/** Compares two authors and queues their disagreements, each of which is settled with a single key. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { AgreementReport, AuthorCount, AuthorRef, Disagreement, DisagreementKind, Take } from '#shared/model/agreement.ts'
import type { JournalEntry } from '#shared/model/journal.ts'
import { boundsOfShapes } from '../canvas/transform.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useClassify } from './classify.ts'
import { useCuration } from './curation.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** The name of the action in the journal. */
const action = 'settle disagreement'
/** Maximum number of disagreements listed. */
const most = 5000

export const authorText = ({ kind, name }: AuthorRef) => `${kind}:${name}`
export const authorOfText = (text: string): AuthorRef => ({
  kind: text.startsWith('person:') ? 'person' : 'checkpoint',
  name: text.slice(text.indexOf(':') + 1),
})

export const useAgreement = defineStore('agreement', () => {
  const [project, curation, openImage, session, shell, toasts] = [
    useProject(),
    useCuration(),
    useOpenImage(),
    useSession(),
    useShell(),
    useToasts(),
  ]
  const [classify, review] = [useClassify(), useReview()]

  // ---- Authors and their agreement

  const authors = shallowRef<AuthorCount[] | null>(null)
  const a = ref<string | null>(null)
  const b = ref<string | null>(null)
  const threshold = ref(0.5)
  const images = ref<'both' | 'either'>('both')
  const report = shallowRef<AgreementReport | null>(null)
  const list = shallowRef<Disagreement[]>([])
  const kinds = ref<DisagreementKind[]>([])
  const comparing = ref(false)
  const shown = computed(() => (kinds.value.length ? list.value.filter((d) => kinds.value.includes(d.kind)) : list.value))
  const query = () => ({ a: authorOfText(a.value!), b: authorOfText(b.value!), threshold: threshold.value, images: images.value })
  const nameOf = (side: 'a' | 'b') => authorOfText((side === 'a' ? a : b).value ?? 'person:').name

  let asked = 0
  async function refresh(): Promise<void> {
    if (!project.opened) return
    const mine = ++asked
    comparing.value = true
    try {
      const there = await call('agreement.authors')
      if (mine !== asked) return
      authors.value = there
      const texts = there.map(authorText)
      const own = texts.find((t) => t === `person:${session.user}`)
      if (!a.value || !texts.includes(a.value)) a.value = (own === b.value ? undefined : own) ?? texts.find((t) => t !== b.value) ?? null
      if (!b.value || !texts.includes(b.value)) b.value = texts.find((t) => t !== a.value) ?? null
      if (!a.value || !b.value || a.value === b.value) {
        report.value = null
        list.value = []
        return
      }
      const [said, open] = await Promise.all([
        call('agreement.compare', query()),
        call('agreement.disagreements', { ...query(), limit: most }),
      ])
      if (mine !== asked) return
      report.value = said
      list.value = open.disagreements
    } catch (e) {
      if (mine === asked) toasts.error(errorWords(e))
    } finally {
      if (mine === asked) comparing.value = false
    }
  }
  const refreshSoon = debounced(() => void refresh(), 200)
  const looking = () => curation.tool === 'agreement' && shell.room === 'data'
  watch([a, b, threshold, images], () => (looking() || queue.value) && refreshSoon())
  watch(looking, (now) => now && refreshSoon(), { immediate: true })
  remote.on('annotations.changed', () => looking() && refreshSoon())
  watch(
    () => project.key,
    () => {
      ;[authors.value, a.value, b.value, report.value, list.value, queue.value] = [null, null, null, null, [], null]
      if (looking()) refreshSoon()
    },
  )

  // ---- The queue

  const queue = shallowRef<readonly Disagreement[] | null>(null)
  const at = ref(0)
  /** What was chosen, by index in the queue. */
  const settled = ref(new Map<number, Take>())
  /** Queue indices in the order in which they were settled. */
  let steps: number[] = []
  const now = computed(() => queue.value?.[at.value] ?? null)
  /** Whether another image has been opened meanwhile. */
  const away = computed(() => now.value !== null && openImage.mediaId !== now.value.mediaId)
  const working = computed(() => queue.value !== null && shell.room === 'label')

  async function begin(from: readonly Disagreement[] = shown.value, first = 0): Promise<void> {
    if (!from.length) return
    if (classify.active) classify.toggle()
    if (review.active) review.toggle()
    ;[queue.value, settled.value, steps] = [[...from], new Map(), []]
    await go(first)
  }
  function end(): void {
    queue.value = null
    openImage.editor.setSelection([])
  }
  watch([() => classify.active, () => review.active], ([x, y]) => (x || y) && queue.value && end())

  async function go(to: number): Promise<boolean> {
    const wanted = queue.value?.[to]
    if (!wanted) return false
    at.value = to
    await openImage.open(wanted.mediaId)
    if (now.value === wanted) show(wanted)
    return true
  }
  /** Selects both versions and centres them on the canvas. */
  function show({ kind, a, b }: Disagreement): void {
    if (kind === 'class') return openImage.editor.setSelection([])
    const regions = [...a, ...b].flatMap((id) => openImage.editor.regions.get(id) ?? [])
    openImage.editor.setSelection(regions.map((r) => r.id))
    if (!regions.length) return
    const { x, y, w, h } = boundsOfShapes(regions.map((r) => r.shape))
    const around = Math.max(w, h, 40) * 0.3
    openImage.editor.zoomTo({ x: x - around, y: y - around, w: w + 2 * around, h: h + 2 * around })
  }
  /** Goes to the next unsettled disagreement, else simply the next; false at the end. */
  const next = (by: 1 | -1 = 1): boolean => {
    const to = at.value + by
    if (!queue.value?.[to]) return false
    void go(to)
    return true
  }
  async function decide(take: Take): Promise<void> {
    const [one, place] = [now.value, at.value]
    if (!one) return
    await outbox.empty() // earlier edits must be saved before the decision
    const { kind, mediaId, a, b } = one
    await call('agreement.decide', { kind, mediaId, a, b, take })
    settled.value = new Map(settled.value).set(place, take)
    steps.push(place)
    await openImage.refetch()
    if (at.value === place) next()
  }
  const settle = (take: Take) => void decide(take).catch((e: unknown) => toasts.error(errorWords(e)))

  /** Returns true if the queue handled the key. */
  function press(chord: string): boolean {
    if (!working.value || !openImage.editor.state.path.endsWith('.idle')) return false
    const take = { '1': 'a', '2': 'b', '3': 'both' }[chord] as Take | undefined
    if (away.value) {
      if (chord !== 'Enter') return false
      void go(at.value)
    } else if (take) settle(take)
    else if (chord === 'Enter' || chord === 'ArrowRight') next()
    else if (chord === 'ArrowLeft') next(-1)
    else return false
    return true
  }

  const lastOf = async (mediaId: number): Promise<JournalEntry | undefined> =>
    (await call('history.list', { mediaId, limit: 50 })).find((e) => e.kind === 'do' && !e.undone)
  /** Undoes the last edit of the open image, or the previous choice, whose disagreement is then shown again. */
  async function undo(): Promise<void> {
    await outbox.empty()
    const place = steps.at(-1)
    const before = place === undefined ? undefined : queue.value?.[place]
    const [there, own] = await Promise.all([
      before && lastOf(before.mediaId),
      openImage.mediaId === null ? undefined : lastOf(openImage.mediaId),
    ])
    if (!before || there?.action !== action || (own && own.seq > there.seq)) return void (await openImage.turn('undo'))
    const entry = await call('history.undo', { mediaId: before.mediaId })
    toasts.turned('undo', entry?.action ?? null)
    steps.pop()
    const left = new Map(settled.value)
    left.delete(place!)
    settled.value = left
    await go(place!)
    await openImage.refetch()
    show(before)
  }
  const turn = (how: 'undo' | 'redo') =>
    void (how === 'undo' ? undo() : openImage.turn(how)).catch((e: unknown) => toasts.error(errorWords(e)))

  const choose = (between: readonly string[], iou: number): void => {
    ;[a.value, b.value, threshold.value] = [between[0]!, between[1]!, iou]
  }
  /** Resumes the queue of an address at its image; those settled meanwhile are no longer in it. */
  async function resume(between: readonly string[], iou: number, mediaId: number | null): Promise<void> {
    if (queue.value && a.value === between[0] && b.value === between[1] && threshold.value === iou) return
    choose(between, iou)
    await refresh()
    const first = list.value.findIndex((d) => d.mediaId === mediaId)
    if (first >= 0) await begin(list.value, first)
  }

  return {
    authors,
    a,
    b,
    threshold,
    images,
    report,
    list,
    kinds,
    shown,
    comparing,
    queue,
    at,
    now,
    settled,
    away,
    working,
    nameOf,
    refresh,
    begin,
    end,
    go,
    next,
    settle,
    press,
    turn,
    choose,
    resume,
  }
})
