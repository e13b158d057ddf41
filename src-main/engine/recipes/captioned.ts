/** Images against captions made of their classes, as a model was pre-trained: what FLYP trains by. */
import { textTower } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { contrast } from '../tasks/contrast.ts'
import { textsOf } from '../tasks/embed.ts'
import type { ContrastStep } from './contrast-trainer.ts'
import type { Run } from './run.ts'

/** The symmetric contrastive loss of images and their captions, both towers and the temperature trained. */
export function captionStep(model: Model, { height, width }: { readonly height: number; readonly width: number }): ContrastStep {
  const text = textTower(model, 'flyp')
  return {
    params: (graph) => paramsFor(model, graph, model.weights, (name) => model.tensors.isOf(name, 'image', 'text', 'joint'), 'stored'),
    embed(p, graph, b) {
      const image = model.image.embed(p, graph.input('pixels', 'float32', [b, 3, height, width]))
      const ids = graph.input('ids', 'int32', [b, text.context])
      return { image, text: text.embed(p, text.tokens(p, ids), graph.input('at', 'int32', [b])) }
    },
    loss: (p, graph, n, embedded) => contrast.loss(text.similarity.logits(p, embedded.image, embedded.text), contrast.inputs(graph, n)),
  }
}

export interface Captioned {
  readonly label: number
  /** Which of the class's captions. */
  readonly caption: number
}

/** Captions of the classes as inputs of {@link captionStep}. @param collisions whether pairs of one class are negatives of each other */
export function captionFeeds(
  { model, o }: Pick<Run, 'model'> & { readonly o: Pick<Run['o'], 'classes' | 'templates'> },
  collisions: boolean,
) {
  const text = textTower(model, 'flyp')
  const encoded = o.classes.map((c) => textsOf(c, o.templates).map((t) => model.tokenizer.encode(t, text.context)))
  return {
    captions: encoded.map((own) => own.length),
    /** Inputs of `embed`. */
    texts(batch: readonly Captioned[]): Record<string, Tensor> {
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
      }
    },
    /** Inputs of `loss`. */
    pairs: (batch: readonly Captioned[]): Record<string, Tensor> =>
      contrast.feeds(batch.map(({ label }) => ({ kind: 'words', texts: [], group: collisions ? -1 : label }))),
  }
}
