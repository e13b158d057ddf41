/** A model's guesses at classes, requested one at a time while a person classifies images. */
import { computed, ref, shallowReactive, watch, type Ref } from 'vue'
import type { ImageContent } from '#shared/contract/media.ts'
import { call } from '../rpc/index.ts'
import { useGallery } from './gallery.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useRuns } from './runs.ts'

export interface Guess {
  labelId: number
  /** 0 to 1. */
  score: number
}
/** Maximum number of cached guesses; the oldest are dropped. */
const keptGuesses = 500

/** `working`: images are being classified; `here`: the open image, once loaded; `place`: storage key for the selected model. */
export function useGuesses(working: Ref<boolean>, here: Ref<ImageContent | null>, place: () => string) {
  const [openImage, gallery, project, runs] = [useOpenImage(), useGallery(), useProject(), useRuns()]
  /** Folder of the guessing model; '' for none, null for the model trained last. */
  const chosenModel = ref<string | null>(null)
  const model = computed(() =>
    chosenModel.value === ''
      ? null
      : (runs.models.find((m) => m.folder === (chosenModel.value ?? runs.asked)) ?? runs.models.find((m) => m.checkpoint !== null) ?? null),
  )
  const guesses = shallowReactive(new Map<number, Guess | null>())
  function chooseModel(folder: string): void {
    chosenModel.value = folder
    localStorage.setItem(place(), folder)
  }
  watch([() => model.value?.folder, () => project.labels.length], () => {
    guesses.clear()
    guessOn()
  })
  let asking = false
  /** One request at a time, first for the open image and then for the next, so that fast typing builds no backlog. */
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
  watch([() => openImage.mediaId, working], guessOn)
  /** The surest proposal stored on the image. */
  const stored = computed<Guess | null>(() => {
    const proposed = (here.value?.labels ?? []).flatMap((l) =>
      l.state === 'proposed' && l.author.kind === 'checkpoint' ? [{ labelId: l.labelId, score: l.author.score }] : [],
    )
    return proposed.sort((a, b) => b.score - a.score)[0] ?? null
  })
  /** A proposal stored on the image, else the model's answer. */
  const guess = computed<Guess | null>(() => stored.value ?? (openImage.mediaId === null ? null : (guesses.get(openImage.mediaId) ?? null)))
  /** Called when another project is opened. */
  function restart(): void {
    guesses.clear()
    chosenModel.value = localStorage.getItem(place())
  }
  return { model, stored, guess, chooseModel, guessOn, restart, forget: (mediaId: number) => guesses.delete(mediaId) }
}
