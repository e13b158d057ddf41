/** Image classification: a key gives the open image its label and opens the next; undo comes back to it. */
import { defineStore } from 'pinia'
import { computed, ref, shallowReactive, shallowRef, triggerRef, watch } from 'vue'
import type { JournalEntry } from '#shared/model/journal.ts'
import { labelOfDigits, labelOfKey, labelsOfText, numbersOf } from '../label-keys.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useOpenImage } from './open-image.ts'
import { useGallery } from './gallery.ts'
import { useProject } from './project.ts'
import { useReview } from './review.ts'
import { useRuns } from './runs.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

export interface Guess {
  labelId: number
  /** 0 to 1. */
  score: number
}

/** As the journal calls it. */
const action = 'classify image'
/** Guesses kept; the oldest go first. */
const keptGuesses = 500
/** Images that undo comes back to, of this tab. */
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
  /** Several classes on one image: a key adds or takes away, Enter goes on. */
  const several = ref(false)
  function toggleSeveral(): void {
    several.value = !several.value
    localStorage.setItem(place('several'), several.value ? '1' : '')
    digits.value = text.value = ''
  }
  /** Digits that may go on. */
  const digits = ref('')
  /** Of the field for names, and which of the labels found is meant. */
  const text = ref('')
  const at = ref(0)
  watch(text, () => (at.value = 0))

  const numbers = computed(() => numbersOf(project.labels))
  const found = computed(() => labelsOfText(text.value, project.labels).slice(0, 8))
  const working = computed(() => active.value && shell.room === 'label' && openImage.mediaId !== null)

  // ---- What is kept: that the mode is on, the model that guesses, the images that undo comes back to

  const place = (what: string) => `dashi:classify:${what}:${project.opened?.info.folder ?? ''}`
  /** Folder of the model whose guess is shown; '' for none, null for the newest that was trained. */
  const chosenModel = ref<string | null>(null)
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
    void runs.refreshModels().then(guessOn)
  }

  // ---- How far it is

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
    for (const id of mediaIds) guesses.delete(id)
    refreshSoon()
  })

  // ---- What the model thinks

  const model = computed(() =>
    chosenModel.value === ''
      ? null
      : (runs.models.find((m) => m.folder === (chosenModel.value ?? runs.asked)) ?? runs.models.find((m) => m.checkpoint !== null) ?? null),
  )
  const guesses = shallowReactive(new Map<number, Guess | null>())
  function chooseModel(folder: string): void {
    chosenModel.value = folder
    localStorage.setItem(place('model'), folder)
  }
  watch([() => model.value?.folder, () => project.labels.length], () => {
    guesses.clear()
    guessOn()
  })
  let asking = false
  /** One question at a time: of the open image, then of the next, so that quick hands leave no queue behind. */
  function guessOn(): void {
    if (asking || !working.value || !model.value) return
    const here = gallery.places.get(openImage.mediaId!)
    const wanted = [openImage.mediaId!, ...(here === undefined ? [] : gallery.ids.slice(here + 1, here + 2))].find((id) => !guesses.has(id))
    if (wanted === undefined) return
    asking = true
    const { folder } = model.value
    void call('preview.classify', { mediaId: wanted, model: folder })
      .then((scores) => {
        const best = scores.find((s) => s.labelId !== null)
        if (folder === model.value?.folder) guesses.set(wanted, best ? { labelId: best.labelId!, score: best.score } : null)
      })
      .catch(() => guesses.set(wanted, null))
      .finally(() => {
        asking = false
        while (guesses.size > keptGuesses) guesses.delete(guesses.keys().next().value!)
        guessOn()
      })
  }
  watch([() => openImage.mediaId, working], () => {
    digits.value = text.value = ''
    guessOn()
  })
  const here = computed(() => (openImage.content?.media.id === openImage.mediaId ? openImage.content : null))
  /** The classes that the open image has. */
  const now = computed(() => [...new Set(here.value?.labels.filter((l) => l.state === 'accepted').map((l) => l.labelId))])
  /** A proposal that lies there, else what the model answers. */
  const guess = computed<Guess | null>(() => {
    const proposed = (here.value?.labels ?? []).flatMap((l) =>
      l.state === 'proposed' && l.author.kind === 'checkpoint' ? [{ labelId: l.labelId, score: l.author.score }] : [],
    )
    return proposed.sort((a, b) => b.score - a.score)[0] ?? (openImage.mediaId === null ? null : (guesses.get(openImage.mediaId) ?? null))
  })

  // ---- What keys do

  /** In the mode of several: the class is added, or taken away where the image has it. */
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
  /** What was typed, else the label that the image has already, else the guess. False where there is none of them. */
  function confirm(): boolean {
    const typed = digits.value
      ? (labelOfDigits(numbers.value, digits.value)?.label ?? null)
      : text.value.trim()
        ? (found.value[at.value]?.id ?? null)
        : null
    if (typed !== null) choose(typed)
    else if (digits.value || text.value.trim()) return false
    else if (now.value.length) return openImage.step(1)
    else if (guess.value) {
      choose(guess.value.labelId)
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
      // Nothing is numbered so: the digit begins anew.
      digits.value = ''
      digit(key)
    }
  }
  /** True: the key was for this mode. A letter is not taken but goes into the field, which gets the focus. */
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
  /** The next image after this one that has no label yet, else the first of all. */
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
  /** The image that was classified last in this tab, or before it was opened. */
  async function lastImage(): Promise<number | null> {
    if (steps.length) return steps.at(-1)!
    return (
      (await call('history.list', { limit: 500 })).find((e) => e.kind === 'do' && !e.undone && e.action === action)?.mediaIds[0] ?? null
    )
  }
  /** Takes back what was done last: to the open image, or the class of the one before, which is then open again. */
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
  const turnHistory = (how: 'undo' | 'redo') =>
    (how === 'undo' ? undo() : redo()).catch((e: unknown) => toasts.error(e instanceof Error ? e.message : String(e)))

  watch(
    () => project.key,
    () => {
      digits.value = text.value = ''
      labelled.value = new Set()
      guesses.clear()
      active.value = Boolean(project.key) && localStorage.getItem(place('on')) === '1'
      several.value = Boolean(project.key) && localStorage.getItem(place('several')) === '1'
      chosenModel.value = localStorage.getItem(place('model'))
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
    model,
    guess,
    now,
    toggle,
    chooseModel,
    choose,
    confirm,
    press,
    nextUnlabelled,
    several,
    toggleSeveral,
    turn: turnHistory,
  }
})
