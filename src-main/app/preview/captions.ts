/** Captions by retrieval: what the project's captions say of other images, ranked by how well it suits this one. */
import { userError } from '#shared/errors.ts'
import type { CaptionSuggestion } from '#shared/model/caption.ts'
import { shapeBox } from '#shared/geometry/box.ts'
import { sentence } from '#shared/sentences/table.ts'
import { acceptedCaptions, type BankedCaption } from '../../db/caption-bank.ts'
import type { AppContext } from '../context.ts'
import { getMedia, imageContent, mediaFile, type Project } from '../projects/index.ts'

export interface CaptionsWanted {
  readonly mediaId: number
  /** null: the whole image. */
  readonly regionId: number | null
  /** Folder. */
  readonly model: string
  readonly limit: number
}

/** Texts that are compared: the newest ones. */
const MOST = 4000
/** Texts of a question, so that what is asked meanwhile does not wait long. */
const AT_ONCE = 256
/** Texts that share this part of their words say nearly the same. */
const SAME = 0.8

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })
const wordsOf = (text: string): ReadonlySet<string> =>
  new Set([...segmenter.segment(text.normalize('NFKC').toLowerCase())].filter((s) => s.isWordLike).map((s) => s.segment))

/** The part of the words of two texts that is common to both: from 0 to 1. */
export function wordsInCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((word) => b.has(word)).length
  return common / (a.size + b.size - common || 1)
}

/** The first texts that differ from each other and from those `known` by more than the order and form of words. */
export function distinct<T extends { readonly text: string }>(ranked: Iterable<T>, known: readonly string[], most: number): T[] {
  const taken = known.map(wordsOf)
  const out: T[] = []
  for (const one of ranked) {
    if (out.length === most) break
    const words = wordsOf(one.text)
    if (!words.size || taken.some((other) => wordsInCommon(words, other) >= SAME)) continue
    taken.push(words)
    out.push(one)
  }
  return out
}

/** The texts of a bank, each once. Regions are described by what is said of regions, images by what is said of images, if there is any. */
function textsIn(bank: Iterable<BankedCaption>, ofRegion: boolean, isOwn: (c: BankedCaption) => boolean): BankedCaption[] {
  const found = [new Map<string, BankedCaption>(), new Map<string, BankedCaption>()]
  for (const caption of bank) {
    const same = found[(caption.region !== null) === ofRegion ? 0 : 1]!
    if (!isOwn(caption) && !same.has(caption.text)) same.set(caption.text, caption)
    if (found[0]!.size === MOST) break
  }
  return [...(found[0]!.size ? found[0]! : found[1]!).values()].slice(0, MOST)
}

/**
 * @throws a user error if the model does not embed images and texts or there is no such region, a data error if the image
 *   cannot be read
 */
export async function suggestCaptions(
  app: AppContext,
  project: Project,
  { mediaId, regionId, model, limit }: CaptionsWanted,
): Promise<CaptionSuggestion[]> {
  const media = getMedia(project, mediaId)
  const { regions, captions } = imageContent(project, mediaId)
  const region = regions.find((r) => r.id === regionId)
  if (regionId !== null && !region) throw userError(sentence('lab.no-region', { id: regionId }))
  const own = captions.filter((c) => c.regionId === regionId && c.state !== 'rejected').map((c) => c.text)
  const bank = textsIn(acceptedCaptions(project.db), regionId !== null, (c) => c.image === mediaId && c.region === regionId)
  const file = mediaFile(project, media)
  const box = region && shapeBox(region.shape)
  const ranked: CaptionSuggestion[] = []
  for (let from = 0; from < bank.length; from += AT_ONCE) {
    const some = bank.slice(from, from + AT_ONCE)
    const scores = await app.engine.ask({
      kind: 'similarity',
      model,
      file,
      ...(box && { region: [box.x, box.y, box.w, box.h] as const }),
      texts: some.map((c) => c.text),
    })
    some.forEach(({ text, language, image }, i) =>
      ranked.push({ text, language, mediaId: image, score: Math.max(-1, Math.min(1, scores[i]!)) }),
    )
  }
  return distinct(
    ranked.sort((a, b) => b.score - a.score),
    own,
    limit,
  )
}
