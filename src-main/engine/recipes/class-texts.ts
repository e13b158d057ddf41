/**
 * The classes as a text tower that is being trained sees them, in place of a classifier's weights: logits are the model's own
 * similarity of an image and the classes' texts, as in CLIP-LoRA (MaxZanella/CLIP-LoRA lora.py). A step reads one text of each
 * class, drawn at random where there are several; while judged, and in the checkpoint, all of them count as for zero-shot.
 */
import { Rng } from '../data/rng.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import type { Params } from '../nn/params.ts'
import { gemm } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Trainer } from '../runtime/train.ts'
import { TextReader, zeroShotHead } from '../tasks/embed.ts'
import { classTextsOf, textFeeds } from './pairs.ts'
import type { Run } from './run.ts'

/** A stream of random numbers of its own. */
const STREAM = 0xc1a5

const [IDS, AT, WEIGHT, BIAS] = ['ids', 'at', 'classes.weight', 'classes.bias'] as const

export class ClassTexts {
  private readonly text: ReturnType<typeof textTower>
  private readonly texts: readonly (readonly string[])[]

  /** @throws a user error, starting with `wanted`, if the model has no text tower */
  constructor(
    private readonly run: Run,
    wanted: string,
  ) {
    this.text = textTower(run.model, wanted)
    this.texts = classTextsOf(run)
  }

  get n(): number {
    return this.texts.length
  }

  /** Logits [b, n] of features [b, dim] in a step, from the inputs that {@link feeds} fills. */
  logits(p: Params, features: Value): Value {
    const { context, similarity } = this.text
    const ids = p.graph.input(IDS, 'int32', [this.n, context])
    const classes = this.text.embed(p, this.text.tokens(p, ids), p.graph.input(AT, 'int32', [this.n]))
    return similarity.logits(p, features, classes)
  }

  /** The same text of a class in all parts of a step. */
  feeds(step: number): Record<string, Tensor> {
    const rng = Rng.of(this.run.o.seed, STREAM, step)
    const said = this.texts.map((own) => own[rng.int(own.length)]!)
    return textFeeds(this.run, this.text, said, this.text.context)
  }

  /** Logits of features where the classes' embeddings are known: inputs that {@link judged} fills. */
  known(features: Value): Value {
    const { graph } = features
    const weight = graph.input(WEIGHT, 'float32', [this.n, this.run.model.dim])
    return gemm(features, weight, graph.input(BIAS, 'float32', [this.n]), { transB: true })
  }

  /** Embeds the classes by a training's current weights. @param params the weights for a graph */
  judge(trainer: Trainer, params: (graph: Graph) => Params) {
    const { model, o } = this.run
    let reader: Promise<TextReader> | undefined
    return {
      inputs: async (): Promise<Record<string, Tensor>> => {
        reader ??= TextReader.open(model, this.texts.flat().length, { provider: o.provider }, params)
        const open = await reader
        const read = (texts: readonly string[]) => open.read(texts, trainer.weights({ ema: true }))
        const head = await zeroShotHead(model, o.classes, o.templates, {}, read)
        return {
          [WEIGHT]: tensor(head.weight, 'float32', [this.n, head.dim]),
          [BIAS]: tensor(head.bias, 'float32', [this.n]),
        }
      },
      release: async () => (await reader)?.release(),
    }
  }
}
