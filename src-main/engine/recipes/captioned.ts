/** Images against captions made of their classes, as a model was pre-trained: what FLYP trains by. */
import type { Graph, Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { contrast } from '../tasks/contrast.ts'
import { textsOf } from '../tasks/embed.ts'
import type { Run } from './run.ts'

/** The symmetric contrastive loss of `b` images and their captions, both towers and the temperature trained. */
export function captionLoss(model: Model, graph: Graph, b: number, { height, width }: { readonly height: number; readonly width: number }) {
  const text = textTower(model, 'flyp')
  const p: Params = paramsFor(model, graph, model.weights, (name) => model.tensors.isOf(name, 'image', 'text', 'joint'), 'stored')
  const image = model.image.embed(p, graph.input('pixels', 'float32', [b, 3, height, width]))
  const ids = graph.input('ids', 'int32', [b, text.context])
  const words = text.embed(p, text.tokens(p, ids), graph.input('at', 'int32', [b]))
  const loss: Value = contrast.loss(text.similarity.logits(p, image, words), contrast.inputs(graph, b))
  return { loss, parameters: p.trainable }
}

export interface Captioned {
  readonly label: number
  /** Which of the class's captions. */
  readonly caption: number
}

/** Captions of the classes as inputs of {@link captionLoss}. @param collisions whether pairs of one class are negatives of each other */
export function captionFeeds(
  { model, o }: Pick<Run, 'model'> & { readonly o: Pick<Run['o'], 'classes' | 'templates'> },
  collisions: boolean,
) {
  const text = textTower(model, 'flyp')
  const encoded = o.classes.map((c) => textsOf(c, o.templates).map((t) => model.tokenizer.encode(t, text.context)))
  return {
    captions: encoded.map((own) => own.length),
    feeds(batch: readonly Captioned[]): Record<string, Tensor> {
      const b = batch.length
      const ids = new Int32Array(b * text.context)
      const at = new Int32Array(b)
      batch.forEach(({ label, caption }, slot) => {
        const own = encoded[label]![caption]!
        ids.set(own, slot * text.context)
        at[slot] = text.at(own)
      })
      return {
        ids: tensor(ids, 'int32', [b, text.context]),
        at: tensor(at, 'int32', [b]),
        ...contrast.feeds(batch.map(({ label }) => ({ kind: 'words', texts: [], group: collisions ? -1 : label }))),
      }
    },
  }
}
