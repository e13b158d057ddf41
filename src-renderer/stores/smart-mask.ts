/** Masks of points and boxes: the model that makes them, its reading of the open image, and what the smart mask tool asks it. */
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { converted } from '#shared/geometry/convert.ts'
import { shapeBox } from '#shared/geometry/box.ts'
import type { Shape } from '#shared/model/shape.ts'
import { counted, type MaskCandidate, type MaskPrompt, type RegionChange } from '../canvas/index.ts'
import { errorWords } from '../locales/error-words.ts'
import { call } from '../rpc/index.ts'
import { debounced } from '../timing.ts'
import { useGallery } from './gallery.ts'
import { useOpenImage } from './open-image.ts'
import { useRuns } from './runs.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

const place = 'dashi:mask-model'
/** Images that are passed faster than this are not read. */
const pause = 150

export const useSmartMask = defineStore('smart-mask', () => {
  const [openImage, gallery, runs, shell, toasts] = [useOpenImage(), useGallery(), useRuns(), useShell(), useToasts()]
  const { editor } = openImage

  // ---- Models

  const models = computed(() => runs.models.filter((m) => m.can.includes('prompt')))
  const chosen = ref(localStorage.getItem(place))
  const model = computed(() => models.value.find((m) => m.folder === chosen.value) ?? models.value[0] ?? null)
  function choose(folder: string): void {
    chosen.value = folder
    localStorage.setItem(place, folder)
  }
  const active = computed(() => openImage.tool === 'smart-mask' && shell.room === 'label' && openImage.content !== null)
  watch(active, (now) => now && !runs.known.models && void runs.refreshModels(), { immediate: true })

  // ---- Reading the image

  const reading = ref(false)
  const failure = ref<string | null>(null)
  /** What was read last, or is being read. */
  let read = ''
  const wanted = computed(() =>
    active.value && model.value && openImage.content!.media.width
      ? { mediaId: openImage.content!.media.id, model: model.value.folder }
      : null,
  )
  const keyOf = (of: { mediaId: number; model: string }) => `${of.mediaId} ${of.model}`
  /** Any question makes the model read the image, and builds what answers the next: this one is asked in order to be ready. */
  async function prepare(): Promise<void> {
    const now = wanted.value
    if (!now || keyOf(now) === read) return
    const key = (read = keyOf(now))
    const { width, height } = openImage.content!.media
    ;[reading.value, failure.value] = [true, null]
    try {
      await call('preview.mask', { ...now, clicks: [{ x: width! / 2, y: height! / 2, positive: true }] })
      if (key === read) ahead(now)
    } catch (e) {
      if (key === read) [failure.value, read] = [errorWords(e), '']
    } finally {
      if (key === read || read === '') reading.value = false
    }
  }
  const prepareSoon = debounced(() => void prepare(), pause)
  watch(
    () => wanted.value && keyOf(wanted.value),
    (now) => {
      failure.value = null
      if (now === null || now !== read) reading.value = false
      if (now !== null) prepareSoon()
    },
    { immediate: true },
  )
  /** The next images are read while a person looks at this one. */
  function ahead({ mediaId, model }: { mediaId: number; model: string }): void {
    const at = gallery.places.get(mediaId)
    if (at === undefined) return
    void call('preview.ahead', { mediaIds: gallery.ids.slice(at + 1, at + 3), model, task: 'prompt' }).catch(() => undefined)
  }

  // ---- Asking

  async function ask(mediaId: number, folder: string, { clicks, box }: MaskPrompt): Promise<MaskCandidate[]> {
    const found = await call('preview.mask', {
      mediaId,
      model: folder,
      clicks: clicks.map(({ x, y, positive }) => ({ x, y, positive })),
      ...(box ? { box: [box.x, box.y, box.w, box.h] as [number, number, number, number] } : {}),
    })
    return found.map(({ score: own, mask }) => {
      const score = Math.min(1, Math.max(0, own))
      return { score, mask, author: { kind: 'checkpoint', checkpoint: folder, score, prompt: said({ clicks, box }) } }
    })
  }
  const maker = {
    async ask(prompt: MaskPrompt): Promise<MaskCandidate[] | null> {
      const mediaId = openImage.mediaId
      if (!runs.known.models) await runs.refreshModels()
      if (!model.value || mediaId === null) return null
      failure.value = null
      try {
        return await ask(mediaId, model.value.folder, prompt)
      } catch (e) {
        if (openImage.mediaId === mediaId) failure.value = errorWords(e)
        return null
      }
    },
  }
  watch(
    () => runs.known.models && !model.value,
    (without) => editor.setMasks(without ? null : maker),
    { immediate: true },
  )

  // ---- Converting

  /** How many of the selected regions have been converted; null while none are. */
  const converting = ref<{ done: number; total: number } | null>(null)
  /** The model's masks for the boxes of the selected regions, as one change. */
  async function convert(): Promise<void> {
    const [mediaId, image] = [openImage.mediaId, editor.image]
    const boxes = editor.editable.flatMap((region) => {
      const box = shapeBox(region.shape)
      return box.w > 0 && box.h > 0 ? [{ region, box }] : []
    })
    if (!model.value || mediaId === null || !image || !boxes.length || converting.value) return
    const folder = model.value.folder
    converting.value = { done: 0, total: boxes.length }
    const found = new Map<number, Shape>()
    try {
      for (const { region, box } of boxes) {
        const [best] = await ask(mediaId, folder, { clicks: [], box })
        if (best) found.set(region.id, kept({ kind: 'mask', rle: best.mask }, image))
        converting.value = { ...converting.value, done: converting.value.done + 1 }
      }
    } catch (e) {
      return toasts.error(errorWords(e))
    } finally {
      converting.value = null
    }
    // What was changed or removed meanwhile, or is on another image, is left.
    const changes = boxes.flatMap(({ region }): RegionChange[] => {
      const [shape, before] = [found.get(region.id), editor.regions.get(region.id)]
      return shape && openImage.mediaId === mediaId && before?.shape === region.shape ? [{ before, after: { ...before, shape } }] : []
    })
    editor.commit(counted('convert', changes.length), changes)
    if (!changes.length) toasts.say('masks.noBox')
    else if (changes.length < boxes.length) toasts.say('masks.some', { n: boxes.length - changes.length })
  }
  const kept = (mask: Shape, size: { width: number; height: number }): Shape =>
    editor.settings.keepMasksAs === 'mask' ? mask : (converted(mask, 'polygon', size, editor.settings.outlineTolerance) ?? mask)

  return { models, model, choose, active, reading, failure, converting, convert }
})

/** The prompt in a few signs: the box, then the points, with + for what belongs to the mask. */
export function said({ clicks, box }: MaskPrompt): string {
  const number = (v: number) => String(Math.round(v * 10) / 10)
  return [
    ...(box ? [`box ${[box.x, box.y, box.w, box.h].map(number).join(',')}`] : []),
    ...clicks.map(({ x, y, positive }) => `${positive ? '+' : '−'} ${number(x)},${number(y)}`),
  ].join(' ')
}
