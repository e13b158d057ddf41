/** The prompt bar: what a model is asked for on the open image, and again on the next while the bar is open. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { ModelEntry } from '#shared/contract/models.ts'
import type { BoxTuple } from '#shared/model/preview.ts'
import type { Region } from '#shared/model/region.ts'
import { shapeBox } from '#shared/geometry/box.ts'
import { errorWords } from '../locales/error-words.ts'
import { splitWords, withWords, wordOf } from '../prompt-words.ts'
import { call } from '../rpc/index.ts'
import type { Found } from '../found.ts'
import { useClassify } from './classify.ts'
import { useGallery } from './gallery.ts'
import { useGhosts, type Findings } from './ghosts.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { initialPrompt, rememberedPrompt, type PromptTask } from './prompt-memory.ts'
import { useProposalQueue } from './proposal-queue.ts'
import { useReview } from './review.ts'
import { useRuns } from './runs.ts'
import { useShell } from './shell.ts'

/** A region that others are to be like. */
export interface Example {
  readonly mediaId: number
  readonly path: string
  readonly box: BoxTuple
  /** Of its label, or the word that it was found by; null: neither. */
  readonly name: string | null
}
interface Asked {
  readonly task: PromptTask
  readonly model: string
  readonly words: readonly string[]
  readonly example: Example | null
}

/** So low, and so many, that threshold, suppression and number can be chosen afterwards without asking again. */
const everything = { threshold: 0.01, overlap: 1, most: 500 }
/** Images whose findings are remembered. */
const kept = 40

export const usePrompt = defineStore('prompt', () => {
  const [openImage, gallery, project, runs, shell] = [useOpenImage(), useGallery(), useProject(), useRuns(), useShell()]
  const [ghosts, classify, review, queue] = [useGhosts(), useClassify(), useReview(), useProposalQueue()]
  const active = ref(false)
  const live = ref(true)
  const words = ref<readonly string[]>([])
  const example = shallowRef<Example | null>(null)
  const chosenTask = ref<PromptTask | null>(null)
  const chosenModel = ref<string | null>(null)
  /** A question is on its way. */
  const asking = ref(false)
  /** Why the last one has no answer. */
  const failure = ref<string | null>(null)
  /** How long the last answer took, in ms. */
  const took = ref<number | null>(null)

  // ---- Models

  const usable = (task: PromptTask, { can }: ModelEntry) => can.includes(task)
  const tasks = computed(() => (['detect', 'segment'] as const).filter((task) => runs.models.some((m) => usable(task, m))))
  const task = computed<PromptTask>(() => chosenTask.value ?? tasks.value[0] ?? 'detect')
  const model = computed(() => {
    const fit = runs.models.filter((m) => usable(task.value, m))
    // What somebody made or brought comes before what is in the box, where the last is made for the task.
    return fit.find((m) => m.folder === chosenModel.value) ?? fit.find((m) => m.checkpoint || m.outside) ?? fit.at(-1) ?? null
  })

  // ---- Asking

  const asked = computed<Asked | null>(() =>
    model.value && (words.value.length || project.labels.length || example.value)
      ? { task: task.value, model: model.value.folder, words: words.value, example: example.value }
      : null,
  )
  const working = computed(() => active.value && shell.room === 'label' && openImage.mediaId !== null)
  const found = new Map<string, Findings>()
  const keyOf = (mediaId: number, a: Asked) => JSON.stringify([mediaId, a, a.words.length ? 0 : project.labels.map((l) => l.name)])
  let wanted: { mediaId: number; asked: Asked } | null = null
  /** What is being answered. */
  let current = ''

  async function ask(mediaId: number, { task, model, words, example }: Asked): Promise<Found[]> {
    const settings = task === 'segment' ? {} : example ? { overlap: 1, most: everything.most } : everything
    const input = {
      mediaId,
      model,
      settings,
      ...(example ? { example: { mediaId: example.mediaId, region: example.box } } : words.length ? { words: [...words] } : {}),
    }
    const answer: Found[] = await (task === 'segment' ? call('preview.segment', input) : call('preview.detect', input))
    if (!example) return answer
    const labelId = project.labels.find((l) => l.name === example.name)?.id ?? null
    return answer.map((f) => ({ ...f, label: example.name ?? '', labelId }))
  }
  /** What is kept with a finding, as a batch keeps it: the example's place, or the words that the model read. */
  const promptOf = (example: Example | null) => (label: string) =>
    example
      ? `${example.path} [${example.box.map(Math.round).join(', ')}]`
      : (project.labels.find((l) => l.name === label)?.prompts[0] ?? label)
  /** One question at a time, the latest: fast stepping through images builds no backlog. */
  async function run(): Promise<void> {
    failure.value = null
    if (!asked.value || openImage.mediaId === null) return
    wanted = { mediaId: openImage.mediaId, asked: asked.value }
    if (asking.value) {
      if (current === keyOf(wanted.mediaId, wanted.asked)) wanted = null
      return
    }
    asking.value = true
    try {
      while (wanted) await answer()
    } finally {
      asking.value = false
    }
  }
  async function answer(): Promise<void> {
    const { mediaId, asked: now } = wanted!
    wanted = null
    current = keyOf(mediaId, now)
    const from = performance.now()
    try {
      const answered = await ask(mediaId, now)
      const media = openImage.content?.media
      if (media?.id !== mediaId || !media.width || !media.height || wanted) return
      took.value = performance.now() - from
      const { width, height } = media
      const by = { checkpoint: now.model, promptOf: promptOf(now.example) }
      const findings = ghosts.findingsOf({ id: mediaId, width, height }, answered, by)
      const key = keyOf(mediaId, now)
      found.delete(key)
      found.set(key, findings)
      if (found.size > kept) found.delete(found.keys().next().value!)
      if (!active.value) return
      ghosts.show(findings)
      ahead(now)
    } catch (e) {
      if (openImage.mediaId === mediaId && !wanted) failure.value = errorWords(e)
    }
  }
  /** The next images are encoded while a person looks at this one. */
  function ahead({ model, task }: Asked): void {
    const at = gallery.places.get(openImage.mediaId ?? 0)
    if (!live.value || at === undefined) return
    const mediaIds = [...gallery.ids.slice(at + 1, at + 4), ...gallery.ids.slice(Math.max(0, at - 1), at)]
    void call('preview.ahead', { mediaIds, model, task }).catch(() => undefined)
  }
  function rest(): void {
    if (model.value) void call('preview.ahead', { mediaIds: [], model: model.value.folder, task: task.value }).catch(() => undefined)
  }
  /** Shows what is known of the open image; otherwise it is asked for, if the bar has been used and is live or `anyway`. */
  function follow(anyway = false): void {
    const id = openImage.content?.media.id
    if (!working.value || id === undefined || id !== openImage.mediaId) return
    failure.value = null
    const known = asked.value && found.get(keyOf(id, asked.value))
    ghosts.show(known ?? null)
    if (!known && used && (live.value || anyway)) void run()
  }
  /** Asked once since the bar was opened: only then does it go on by itself. */
  let used = false
  function enter(): Promise<void> {
    used = true
    return run()
  }
  watch([() => openImage.content?.media.id, () => openImage.mediaId], () => follow())
  /** Another model or another word was chosen. */
  watch(
    () => JSON.stringify(asked.value),
    () => follow(true),
  )

  // ---- The bar

  function open(): void {
    if (active.value) return
    active.value = true
    if (classify.active) classify.toggle()
    review.active = false
    queue.end()
    void runs.refreshModels()
    follow()
  }
  function close(): boolean {
    const was = active.value
    active.value = used = false
    example.value = null
    failure.value = null
    wanted = null
    ghosts.show(null)
    if (was) rest()
    return was
  }
  watch([() => review.active, () => classify.active, () => queue.active], (modes) => modes.includes(true) && close())

  function add(more: readonly string[]): void {
    if (!more.length) return
    words.value = withWords(words.value, more)
    example.value = null
  }
  /** Adds typed words; a label's name is spelt as the label is. */
  const addWords = (text: string) => add(splitWords(text).map((w) => wordOf(w, project.labels).word))
  const removeWord = (word: string) => (words.value = words.value.filter((w) => w !== word))

  /** All that is like a region of the open image; the threshold is relative to the best. */
  function findLike(region: Pick<Region, 'id' | 'shape' | 'labelId'>): void {
    if (openImage.mediaId === null) return
    open()
    const { x, y, w, h } = shapeBox(region.shape)
    const { editor, content, activeLabelId } = openImage
    const path = content?.media.path ?? ''
    const name = editor.regions.ghosts.get(region.id)?.name || editor.nameOf(region.labelId ?? activeLabelId) || null
    example.value = { mediaId: openImage.mediaId, path, box: [x, y, w, h], name }
    void enter()
  }
  /** Words and examples have thresholds of their own. */
  watch(example, (now, was) => {
    if (Boolean(now) === Boolean(was)) return
    const before = ghosts.sieve.threshold
    ghosts.sieve.threshold = other
    other = before
  })
  let other = initialPrompt.thresholds[1]

  // ---- Kept across a reload

  const place = () => `dashi:prompt:${project.opened?.info.folder ?? ''}`
  watch([words, chosenTask, chosenModel, live, () => ghosts.sieve.overlap, () => ghosts.sieve.most, () => ghosts.sieve.threshold], () => {
    if (!project.opened) return
    const { overlap, most, threshold } = ghosts.sieve
    const thresholds = example.value ? [other, threshold] : [threshold, other]
    const now = { words: words.value, task: chosenTask.value, model: chosenModel.value, live: live.value, overlap, most, thresholds }
    localStorage.setItem(place(), JSON.stringify(now))
  })
  watch(
    () => project.key,
    () => {
      close()
      found.clear()
      const was = rememberedPrompt(localStorage.getItem(place()))
      ;[words.value, chosenTask.value, chosenModel.value, live.value] = [was.words, was.task, was.model, was.live]
      Object.assign(ghosts.sieve, { overlap: was.overlap, most: was.most, threshold: was.thresholds[0] })
      other = was.thresholds[1]
    },
    { immediate: true },
  )

  return {
    active,
    live,
    words,
    example,
    tasks,
    task,
    chosenTask,
    model,
    chosenModel,
    asked,
    asking,
    failure,
    took,
    working,
    open,
    close,
    enter,
    add,
    addWords,
    removeWord,
    findLike,
  }
})
