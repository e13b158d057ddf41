import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import type { CaptionOf, Grounding } from '../models/detector.ts'

/*
 * Labels as captions, "a cat. a dog.": each phrase's tokens read one another and no other phrase's, and its places are
 * counted from its beginning (Liu et al. 2023, §3.4, sub-sentence level; `generate_masks_with_special_tokens_and_transfer_map`).
 */

/** A caption, and whose phrase each of its tokens is part of: −1 for what is around phrases. */
export interface Spoken {
  readonly ids: readonly number[]
  readonly owners: readonly number[]
}

/**
 * The phrases of labels as few captions as hold them, in their order.
 * @param texts of each label
 * @throws a user error naming a text that does not fit into a caption
 */
export function captionsOf(
  tokenizer: Tokenizer,
  texts: readonly (readonly string[])[],
  { context }: Pick<Grounding, 'context'>,
): readonly Spoken[] {
  const stop = tokenizer.inner('.')
  const open = () => ({ ids: [tokenizer.startId!], owners: [-1] })
  const captions = [open()]
  texts.forEach((own, label) => {
    for (const text of new Set(own)) {
      const ids = tokenizer.inner(text.trim().toLowerCase())
      const tokens = 2 + ids.length + stop.length
      if (tokens > context) throw userError(sentence('preview.too-long', { text: JSON.stringify(text), tokens, context }))
      if (captions.at(-1)!.ids.length - 1 + tokens > context) captions.push(open())
      const caption = captions.at(-1)!
      caption.ids.push(...ids, ...stop)
      caption.owners.push(...ids.map(() => label), ...stop.map(() => -1))
    }
  })
  return captions.map(({ ids, owners }) => ({ ids: [...ids, tokenizer.endId], owners: [...owners, -1] }))
}

/** The least length of a caption with padding; longer ones double it, so that few graphs serve all captions. */
const LEAST = 16
const LOWEST = -3.4028234663852886e38

/** What the model is given of a caption. */
export function captionInputs(
  { ids }: Pick<Spoken, 'ids'>,
  { context, delimiters }: Pick<Grounding, 'context' | 'delimiters'>,
  padding: number,
): CaptionOf<Int32Array | Float32Array> {
  let t = LEAST
  while (t < ids.length) t *= 2
  t = Math.max(ids.length, Math.min(t, context))
  const ends = ids.map((_, i) => ids.findIndex((id, k) => k >= i && delimiters.includes(id)))
  const isPhrase = ends.map((end) => end > 0 && end < ids.length - 1)
  const apart = new Float32Array(t * t).fill(LOWEST)
  for (let i = 0; i < t; i++)
    for (let k = 0; k < t; k++) if (i === k || (isPhrase[i] && isPhrase[k] && ends[i] === ends[k])) apart[i * t + k] = 0
  const places = new Int32Array(t)
  for (let i = 1; i < ids.length; i++) if (isPhrase[i] && ends[i - 1] === ends[i]) places[i] = places[i - 1]! + 1
  return {
    ids: Int32Array.from({ length: t }, (_, i) => ids[i] ?? padding),
    places,
    apart,
    absent: Float32Array.from({ length: t }, (_, i) => (i < ids.length ? 0 : LOWEST)),
  }
}
