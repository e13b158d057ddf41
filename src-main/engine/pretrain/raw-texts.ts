import type { Model } from '../models/model.ts'
import { textTower } from '../models/families.ts'
import { paramsFor } from '../models/model.ts'
import { BatchSession } from '../runtime/infer.ts'
import { tokensOf } from '../tasks/embed.ts'

/** Text embeddings [dim] as CLIPSeg uses them, without normalisation. */
export async function rawTexts(model: Model, texts: readonly string[]): Promise<Float32Array[]> {
  const text = textTower(model, 'pre-training')
  const session = await BatchSession.create(64, ['ids', 'at'], (g, b) => {
    const p = paramsFor(model, g, model.weights)
    return { y: text.embed(p, text.tokens(p, g.input('ids', 'int32', [b, text.context])), g.input('at', 'int32', [b])) }
  })
  const { y } = await session.run(texts.length, tokensOf(model, text, texts))
  await session.release()
  return texts.map((_, i) => y!.slice(i * model.dim, (i + 1) * model.dim))
}
