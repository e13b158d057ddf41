import type { Model } from '../models/model.ts'
import { textTower } from '../models/families.ts'
import { paramsFor } from '../models/model.ts'
import { BatchSession } from '../runtime/infer.ts'
import { tokensOf, unitRows } from '../tasks/embed.ts'

/** What may be asked for, as the text tower embeds it: vectors of length dim, not normalised. */
export interface SegmentWords {
  /** Of each concept: ways to say it; none of those that are kept out of training. */
  readonly concepts: readonly (readonly Float32Array[])[]
  /** Of each class: ways to say it, and its concepts. */
  readonly classes: readonly { readonly words: readonly Float32Array[]; readonly concepts: ReadonlySet<number> }[]
  /** Normalised mean of each concept's words, [concepts, dim]. */
  readonly table: Float32Array
}

/** @param concepts ways to say each concept @param classes the same, with the concepts that belong to it */
export async function segmentWords(
  model: Model,
  concepts: readonly (readonly string[])[],
  classes: readonly { readonly words: readonly string[]; readonly concepts: ReadonlySet<number> }[],
): Promise<SegmentWords> {
  const all = [...concepts, ...classes.map((c) => c.words)]
  const rows = await rawTexts(model, all.flat())
  const d = model.dim
  let at = 0
  const said = all.map((own) => own.map(() => rows.subarray(at * d, ++at * d)))
  const table = new Float32Array(concepts.length * d)
  concepts.forEach((_, c) => {
    for (const row of said[c]!) {
      const unit = unitRows(Float32Array.from(row), d)
      for (let i = 0; i < d; i++) table[c * d + i]! += unit[i]!
    }
  })
  return {
    concepts: said.slice(0, concepts.length),
    classes: classes.map((c, i) => ({ words: said[concepts.length + i]!, concepts: c.concepts })),
    table: unitRows(table, d),
  }
}

/** Text embeddings [n, dim] as CLIPSeg uses them, without normalisation. */
async function rawTexts(model: Model, texts: readonly string[]): Promise<Float32Array> {
  const text = textTower(model, 'pre-training')
  const session = await BatchSession.create(64, ['ids', 'at'], (g, b) => {
    const p = paramsFor(model, g, model.weights)
    return { y: text.embed(p, text.tokens(p, g.input('ids', 'int32', [b, text.context])), g.input('at', 'int32', [b])) }
  })
  const { y } = await session.run(texts.length, tokensOf(model, text, texts))
  await session.release()
  return y!
}
