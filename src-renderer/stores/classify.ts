/** Image classification: a key labels the open image and opens the next; undo returns to it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, triggerRef, watch } from 'vue'
import type { JournalEntry } from '#shared/model/journal.ts'
import { labelOfDigits, labelOfKey, labelsOfText, numbersOf } from '../label-keys.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useOpenImage } from './open-image.ts'
import { useGallery } from './gallery.ts'
import { useGuesses } from './guesses.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'
import { useRuns } from './runs.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

/** The name of the action in the journal. */
const action = 'classify image'
/** How many classified images this tab remembers for undo. */
const keptSteps = 1000

export const useClassify = defineStore('classify', () => {
  const [openImage, gallery, project, runs, review, session, shell, toasts] = [
    useOpenImage(),
    useGallery(),
    useProject(),
    useRuns(),
    useReview(),
    useSession(),
    useShell(),
    useToasts(),
  ]
  const active = ref(false)
  /** Several classes per image: a key adds or removes one, Enter continues. */
  const several = ref(false)
  function toggleSeveral(): void {
    several.value = !several.value
    localStorage.setItem(place('several'), several.value ? '1' : '')
    digits.value = text.value = ''
  }
  /** The digits typed so far, if more may follow. */
  const digits = ref('')
  /** Text in the name field, and the index of the selected match. */
  const text = ref('')
  const at = ref(0)
  watch(text, () => (at.value = 0))

  const numbers = computed(() => numbersOf(project.labels))
  const found = computed(() => labelsOfText(text.value, project.labels).slice(0, 8))
  const working = computed(() => active.value && shell.room === 'label' && openImage.mediaId !== null)
  const here = computed(() => (openImage.content?.media.id === openImage.mediaId ? openImage.content : null))
  /** The classes of the open image. */
  const now = computed(() => [...new Set(here.value?.labels.filter((l) => l.state === 'accepted').map((l) => l.labelId))])

  /** A proposal that is not the image's class. */
  const rival = computed(() => {
    const found = guesses.stored.value
    return working.value && found && now.value.length && !now.value.includes(found.labelId) ? found : null
  })

  // ---- Kept across a reload: the mode, the guessing model, the images for undo

  const place = (what: string) => `dashi:classify:${what}:${project.opened?.info.folder ?? ''}`
  const guesses = useGuesses(working, here, () => place('model'))
  watch([() => openImage.mediaId, working], () => (digits.value = text.value = ''))
  let steps: number[] = []
  function keepSteps(): void {
    steps = steps.slice(-keptSteps)
    sessionStorage.setItem(place('steps'), steps.join(','))
  }
  function toggle(): void {
    active.value = !active.value
    digits.value = text.value = ''
    if (active.value) localStorage.setItem(place('on'), '1')
    else localStorage.removeItem(place('on'))
    if (!active.value) return
    review.active = false
    begin()
  }
  watch(
    () => review.active,
    (on) => on && active.value && toggle(),
  )
  function begin(): void {
    void refreshLabelled()
    void runs.refreshModels().then(guesses.guessOn)
  }

  // ---- Progress

  const labelled = shallowRef(new Set<number>())
  const progress = computed(() => {
    let done = 0
    for (const id of gallery.ids) if (labelled.value.has(id)) done++
    return { done, all: gallery.ids.length }
  })
  async function refreshLabelled(): Promise<void> {
    const key = project.key
    const said = await call('image-labels.labelled').catch(() => null)
    if (said && key === project.key) labelled.value = new Set(said.ids)
  }
  const refreshSoon = debounced(() => void outbox.empty().then(refreshLabelled), 400)
  remote.on('annotations.changed', ({ origin, mediaIds, action: done }) => {
    if (!active.value || (origin === session.client && done === action)) return
    for (const id of mediaIds) guesses.forget(id)
    refreshSoon()
  })

  // ---- Keys

  /** With several classes per image: adds the class, or removes it if the image has it. */
  function turn(mediaId: number, labelId: number): void {
    const has = now.value.includes(labelId)
    openImage.change({ method: has ? 'image-labels.unset' : 'image-labels.set', input: { mediaIds: [mediaId], labelId } })
    if (!has || now.value.length) labelled.value.add(mediaId)
    else labelled.value.delete(mediaId)
    triggerRef(labelled)
    digits.value = text.value = ''
  }
  function choose(labelId: number): void {
    const mediaId = openImage.mediaId
    if (mediaId === null) return
    if (several.value) return turn(mediaId, labelId)
    openImage.change({ method: 'image-labels.choose', input: { mediaId, labelId } })
    labelled.value.add(mediaId)
    triggerRef(labelled)
    steps.push(mediaId)
    keepSteps()
    digits.value = text.value = ''
    if (session.settings.labelling.advance) openImage.step(1)
  }
  /** Accepts what was typed, else the image's current label, else the guess; false if there is none. */
  function confirm(): boolean {
    const typed = digits.value
      ? (labelOfDigits(numbers.value, digits.value)?.label ?? null)
      : text.value.trim()
        ? (found.value[at.value]?.id ?? null)
        : null
    if (typed !== null) choose(typed)
    else if (digits.value || text.value.trim()) return false
    else if (now.value.length) return openImage.step(1)
    else if (guesses.guess.value) {
      choose(guesses.guess.value.labelId)
      if (several.value) openImage.step(1)
    } else return several.value && openImage.step(1)
    return true
  }
  function digit(key: string): void {
    const typed = digits.value + key
    const meant = labelOfDigits(numbers.value, typed)
    if (meant && meant.label !== null && !meant.more) choose(meant.label)
    else if (meant) digits.value = typed
    else if (digits.value) {
      // No label has that number: start again with this digit.
      digits.value = ''
      digit(key)
    }
  }
  /** Returns true if the key was handled. Letters return false: the name field gets the focus and the letter. */
  function press(chord: string): boolean {
    if (!working.value) return false
    if (chord === 'Enter') return confirm() || digits.value !== ''
    if ((chord === 'Escape' || chord === 'Backspace') && digits.value) {
      digits.value = chord === 'Escape' ? '' : digits.value.slice(0, -1)
      return true
    }
    if (chord.length !== 1) return false
    const label = labelOfKey(project.labels, chord)
    if (label !== null) choose(label)
    else if (/\d/.test(chord)) digit(chord)
    else {
      if (chord === '/' || /\p{L}/u.test(chord)) document.querySelector<HTMLInputElement>('[data-classify] input')?.focus()
      return chord === '/'
    }
    return true
  }
  /** Opens the next image without a label, wrapping round. */
  function nextUnlabelled(): boolean {
    const from = (openImage.mediaId === null ? undefined : gallery.places.get(openImage.mediaId)) ?? -1
    const open = (ids: readonly number[]) => ids.find((id) => id !== openImage.mediaId && !labelled.value.has(id))
    const next = open(gallery.ids.slice(from + 1)) ?? open(gallery.ids)
    if (next === undefined) return false
    void openImage.open(next)
    return true
  }

  // ---- Undo

  const lastOf = async (mediaId: number): Promise<JournalEntry | undefined> =>
    (await call('history.list', { mediaId, limit: 50 })).find((e) => e.kind === 'do' && !e.undone)
  /** The image classified last, in this tab or before it was opened. */
  async function lastImage(): Promise<number | null> {
    if (steps.length) return steps.at(-1)!
    return (
      (await call('history.list', { limit: 500 })).find((e) => e.kind === 'do' && !e.undone && e.action === action)?.mediaIds[0] ?? null
    )
  }
  /** Undoes the last change: of the open image, or the class of the previous one, which is reopened. */
  async function undo(): Promise<void> {
    if (remote.connection.state === 'lost') {
      const last = outbox.waiting.at(-1)
      if (last?.method === 'image-labels.choose' && outbox.withdraw(last)) await back(last.input.mediaId)
      return
    }
    await outbox.empty()
    const before = await lastImage()
    const [there, own] = await Promise.all([
      before === null ? undefined : lastOf(before),
      openImage.mediaId === null ? undefined : lastOf(openImage.mediaId),
    ])
    if (before === null || !there || (own && own.seq > there.seq)) return void (await openImage.turn('undo'))
    const entry = await call('history.undo', { mediaId: before })
    toasts.turned('undo', entry?.action ?? null)
    await back(before)
    await refreshLabelled()
  }
  async function back(mediaId: number): Promise<void> {
    if (steps.at(-1) === mediaId) steps.pop()
    keepSteps()
    labelled.value.delete(mediaId)
    triggerRef(labelled)
    await openImage.open(mediaId)
    if (remote.connection.state === 'open') await openImage.refetch()
  }
  async function redo(): Promise<void> {
    const mediaId = openImage.mediaId
    if (mediaId === null) return
    await outbox.empty()
    const entry = await call('history.redo', { mediaId })
    toasts.turned('redo', entry?.action ?? null)
    if (entry?.action !== action) return void (entry && (await openImage.refetch()))
    steps.push(mediaId)
    keepSteps()
    await refreshLabelled()
    openImage.step(1)
  }
  const turnHistory = (how: 'undo' | 'redo') => (how === 'undo' ? undo() : redo()).catch((e: unknown) => toasts.error(errorWords(e)))

  watch(
    () => project.key,
    () => {
      digits.value = text.value = ''
      labelled.value = new Set()
      guesses.restart()
      active.value = Boolean(project.key) && localStorage.getItem(place('on')) === '1'
      several.value = Boolean(project.key) && localStorage.getItem(place('several')) === '1'
      steps = (sessionStorage.getItem(place('steps')) ?? '')
        .split(',')
        .map(Number)
        .filter((n) => n > 0)
      if (active.value) begin()
    },
    { immediate: true },
  )

  return {
    active,
    working,
    digits,
    text,
    at,
    found,
    numbers,
    progress,
    labelled,
    model: guesses.model,
    guess: guesses.guess,
    rival,
    now,
    toggle,
    chooseModel: guesses.chooseModel,
    choose,
    confirm,
    press,
    nextUnlabelled,
    several,
    toggleSeveral,
    turn: turnHistory,
  }
})
