/** What a model found in the open image: which of it is shown as ghosts, and what becomes of it. */
import { defineStore } from 'pinia'
import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { boxIou, clipBox, shapeBox } from '#shared/geometry/box.ts'
import { nextColour } from '#shared/model/label.ts'
import type { Region } from '#shared/model/region.ts'
import type { Box, Shape } from '#shared/model/shape.ts'
import type { Ghost } from '../canvas/index.ts'
import { sifted, thinned, type Found, type Sieve } from '../found.ts'
import { errorWords } from '../locales/error-words.ts'
import { wordOf } from '../prompt-words.ts'
import { call, temporaryId } from '../rpc/index.ts'
import { useOpenImage } from './open-image.ts'
import { useProject } from './project.ts'
import { useToasts } from './toasts.ts'

interface Result {
  readonly found: Found
  /** As it will be when it is accepted; the ghost's id is the region's. */
  region: Region
  rejected: boolean
  /** The region that it became; it is shown again when that is undone. */
  taken: number | null
  covered: boolean
  ghost: Ghost | null
}
export interface Findings {
  readonly mediaId: number
  readonly results: readonly Result[]
  /** Of {@link thinned}, for the overlap that it was made with. */
  order: { overlap: number; indices: number[] } | null
}

/** Ghosts that overlap a region by more than this (IoU) are of something that is annotated already. */
const same = 0.5

export const useGhosts = defineStore('ghosts', () => {
  const [openImage, project, toasts] = [useOpenImage(), useProject(), useToasts()]
  const { editor } = openImage
  const findings = shallowRef<Findings | null>(null)
  const sieve = reactive<{ -readonly [K in keyof Sieve]: Sieve[K] } & { skipCovered: boolean }>({
    threshold: 0.1,
    overlap: 0.5,
    most: 0,
    skipCovered: true,
  })
  /** Shown, the best first. */
  const shown = shallowRef<readonly Result[]>([])
  const total = ref(0)
  const covered = computed(() => shown.value.filter((r) => r.covered).length)
  /** What Shift+Enter accepts. */
  const acceptable = computed(() => shown.value.filter((r) => !(r.covered && sieve.skipCovered)))
  const selected = computed<readonly Ghost[]>(() => {
    void [openImage.seen.selection, openImage.seen.ghosts]
    return editor.selectedGhosts
  })

  /** The findings of an image, none of them accepted or rejected yet. `by`: the model's folder, and what it was asked by. */
  function findingsOf(
    { id: mediaId, ...size }: { id: number; width: number; height: number },
    found: readonly Found[],
    by: { checkpoint: string; promptOf(label: string): string },
  ): Findings {
    const z = editor.regions.topZ + 1
    const results = found.flatMap((f): Result[] => {
      const shape = shapeOf(f, size)
      if (!shape) return []
      const author = { kind: 'checkpoint', checkpoint: by.checkpoint, score: f.score, prompt: by.promptOf(f.label) } as const
      const region: Region = {
        id: temporaryId(),
        mediaId,
        labelId: f.labelId,
        shape,
        attributes: {},
        author,
        state: 'proposed',
        z,
        hidden: false,
        locked: false,
      }
      return [{ found: f, region, rejected: false, taken: null, covered: false, ghost: null }]
    })
    return { mediaId, results, order: null }
  }

  // ---- Showing

  const here = () => (findings.value && editor.image?.mediaId === findings.value.mediaId ? findings.value : null)
  function show(now: Findings | null): void {
    findings.value = now
    compare()
  }
  /** After regions changed: which ghosts were taken, and which are of what is annotated already. */
  function compare(): void {
    for (const r of here()?.results ?? []) {
      if (r.taken !== null) r.taken = editor.regions.idOf(r.taken)
      r.covered = isCovered(r.region.shape)
    }
    sift()
  }
  function isCovered(shape: Shape): boolean {
    const box = shapeBox(shape)
    return editor.regions.inBox(box).some((r) => editor.regions.isSaved(r) && boxIou(shapeBox(r.shape), box) > same)
  }
  function sift(): void {
    const now = here()
    if (!now) {
      shown.value = []
      total.value = 0
      return editor.showGhosts([])
    }
    const { results } = now
    const found = results.map((r) => r.found)
    if (now.order?.overlap !== sieve.overlap) now.order = { overlap: sieve.overlap, indices: thinned(found, sieve.overlap) }
    const left = sifted(found, now.order.indices, sieve)
      .map((i) => results[i]!)
      .filter((r) => !r.rejected && (r.taken === null || !editor.regions.get(r.taken)))
    total.value = results.length
    shown.value = left
    editor.showGhosts(left.map(ghostOf))
  }
  /** Colours of words that are no labels, unlike those of the labels. */
  const fresh = new Map<string, string>()
  function colourOfWord(word: string): string {
    let colour = fresh.get(word)
    if (!colour) fresh.set(word, (colour = nextColour([...project.labels.map((l) => l.colour), ...fresh.values()])))
    return colour
  }
  /** A ghost keeps its object as long as it looks the same. */
  function ghostOf(r: Result): Ghost {
    if (r.region.labelId === null && !r.ghost) {
      const label = wordOf(r.found.label, project.labels).label
      if (label) r.region = { ...r.region, labelId: label.id }
    }
    const label = r.region.labelId === null ? undefined : project.labelById.get(r.region.labelId)
    const [name, colour] = [label?.name ?? r.found.label, label?.colour ?? colourOfWord(r.found.label)]
    const g = r.ghost
    if (g && g.region === r.region && g.name === name && g.colour === colour && g.covered === r.covered) return g
    // A new region, so that the canvas sees that it is to be drawn anew.
    r.region = { ...r.region }
    return (r.ghost = { region: r.region, name, colour, score: r.found.score, covered: r.covered })
  }
  watch(sieve, sift, { flush: 'sync' })
  watch([() => openImage.seen.image, () => openImage.seen.regions], compare)
  watch(
    () => project.labels,
    () => {
      // A new word may have become a label.
      for (const r of here()?.results ?? []) if (r.region.labelId === null) r.ghost = null
      sift()
    },
  )

  // ---- Editing, accepting, rejecting

  const resultOf = (id: number) => here()?.results.find((r) => r.region.id === id)
  editor.onGhosts = (changes) => {
    for (const { before, after } of changes) {
      const r = before && resultOf(before.id)
      if (!r) continue
      if (after) r.region = after
      else r.rejected = true
    }
    compare()
  }
  const resultsOf = (ghosts: readonly Ghost[]) => ghosts.flatMap((g) => resultOf(g.region.id) ?? [])

  /** Selects the one that takes the place of those that went, or none. */
  function selectNear(at: number): void {
    const next = acceptable.value[Math.min(at, acceptable.value.length - 1)]
    editor.setSelection(next ? [next.region.id] : [])
    if (next) editor.reveal(shapeBox(next.region.shape))
  }
  const placeOf = (results: readonly Result[]) => Math.max(0, acceptable.value.indexOf(results[0]!))

  /** They become regions in one step; words that are no labels become labels first. */
  async function accept(results: readonly Result[]): Promise<void> {
    const mediaId = findings.value?.mediaId
    const words = [...new Set(results.flatMap((r) => (r.region.labelId === null && r.found.label ? [r.found.label] : [])))]
    try {
      for (const name of words) if (!project.labels.some((l) => l.name === name)) await call('labels.add', { name })
      if (words.length) await project.refresh()
    } catch (e) {
      return toasts.error(errorWords(e))
    }
    if (!results.length || editor.image?.mediaId !== mediaId) return
    const at = placeOf(results)
    const top = editor.regions.topZ + 1
    const made = results.map((r, i) => {
      const labelId = r.region.labelId ?? project.labels.find((l) => l.name === r.found.label)?.id ?? null
      const region = editor.newRegion(r.region.shape, { labelId, z: top + i })
      r.taken = region.id
      return { ...region, author: r.region.author }
    })
    editor.batch(() => {
      editor.commit(
        made.length === 1 ? 'accept proposal' : `accept ${made.length} proposals`,
        made.map((after) => ({ before: null, after })),
      )
      compare()
      selectNear(at)
    })
  }
  function reject(results: readonly Result[]): void {
    const at = placeOf(results)
    for (const r of results) r.rejected = true
    sift()
    selectNear(at)
  }
  /** Selects the next ghost, best first, and shows it. */
  function step(by: 1 | -1): boolean {
    const list = acceptable.value.length ? acceptable.value : shown.value
    if (!list.length) return false
    const at = list.findIndex((r) => editor.selection.includes(r.region.id))
    const next = list[at < 0 ? (by > 0 ? 0 : list.length - 1) : (at + by + list.length) % list.length]!
    editor.setTool('select')
    editor.setSelection([next.region.id])
    editor.reveal(shapeBox(next.region.shape))
    return true
  }

  return {
    findings,
    sieve,
    shown,
    total,
    covered,
    acceptable,
    selected,
    findingsOf,
    show,
    step,
    acceptSelected: () => accept(resultsOf(selected.value)),
    acceptAll: () => accept(acceptable.value),
    rejectSelected: () => reject(resultsOf(selected.value)),
  }
})

function shapeOf({ box: [x, y, w, h], mask }: Found, { width, height }: { width: number; height: number }): Shape | null {
  if (mask) return { kind: 'mask', rle: mask }
  const inside: Box | null = clipBox({ x, y, w, h }, width, height)
  return inside && inside.w > 0 && inside.h > 0 ? { kind: 'box', ...inside } : null
}
