/** Training by cross-entropy of one tensor beside or behind an image tower that stays as it is. */
import { add } from '../ops/index.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { Params, type WeightSource } from '../nn/params.ts'
import type { Optimizer } from '../optim/optimizer.ts'
import { Trainer } from '../runtime/train.ts'
import { classify } from '../tasks/classify.ts'
import { type Fit, fit, type Fitted } from './fit.ts'
import { frozenFeatures, knownFeatures } from './frozen.ts'
import { byFeatures, judged } from './judges.ts'
import type { Run } from './run.ts'
import type { Varying } from './views.ts'

interface FrozenFit extends Pick<Fit, 'phase'> {
  readonly settings: Fit['settings'] &
    Varying & { readonly batchSize: number; readonly accumulate: number; readonly checkpointing?: boolean }
  /** The model's weights, and what stands beside them. */
  readonly source: WeightSource
  /** The name of the tensor that is trained. */
  readonly trains: string
  readonly optimizer: Optimizer
  /** Logits [b, classes] of features [b, dim]. */
  logits(p: Params, features: Value): Value
  /** A term of the loss that depends on the weights alone. */
  penalty?(p: Params): Value
}

/** Without augmentation, the tower sees each image once. Epochs are judged by the accuracy on `val`. */
export async function fitFrozen(run: Run, of: FrozenFit): Promise<Fitted> {
  const { settings: s, source, phase } = of
  const images = run.split('train')
  const drawn = classify.examples(images.n, { ...s, seed: run.o.seed })
  const features = await frozenFeatures(run, s, drawn)
  const held = await run.featuresOf('val')
  const params = (graph: Graph) => new Params(graph, source, (name) => name === of.trains, { decays: () => true, frozen: 'stored' })
  return fit(run, {
    ...{ phase, settings: s, drawn, by: 'accuracy', divides: true },
    async open({ batch, accumulate, rows: rowsOf }) {
      const build = (graph: Graph) => {
        const p = params(graph)
        const loss = classify.loss(of.logits(p, features.in(p, batch)), classify.inputs(graph, batch))
        return { loss: of.penalty ? add(loss, of.penalty(p)) : loss, parameters: p.trainable }
      }
      const { checkpointing = false } = s
      const options = { optimizer: of.optimizer, accumulate, checkpointing, session: { provider: run.o.provider } }
      const trainer = await Trainer.create({ build }, (name) => source.float32(name), options)
      const judge = byFeatures(run, trainer, held, (graph, b) => of.logits(params(graph), knownFeatures(graph, b, run.model.dim)))
      return {
        ...judged(trainer, judge),
        async batch(step, micro) {
          const rows = rowsOf(step, micro)
          return {
            ...(await features.feeds(rows, step)),
            ...classify.feeds(rows.map((row) => ({ kind: 'class', class: images.labels[row]! }))),
          }
        },
      }
    },
  })
}
