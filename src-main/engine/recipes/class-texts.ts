/** The classes as a text tower that is being trained reads them, in place of a classifier's own weights. */
import { Rng } from '../data/rng.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import type { Params } from '../nn/params.ts'
import { gemm } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { Trainer } from '../runtime/train.ts'
import { TextReader, zeroShotHead } from '../tasks/embed.ts'
import type { Head } from '../weights/head.ts'
import { classTextsOf, textFeeds } from './pairs.ts'
import type { Run } from './run.ts'

/** A stream of random numbers of its own. */
const STREAM = 0xc1a5

const [IDS, AT, WEIGHT, BIAS] = ['ids', 'at', 'classes.weight', 'classes.bias'] as const

/** Embeds the classes by the weights that are given. */
interface Reader {
  read(weights: Readonly<Record<string, Tensor>>): Promise<Pick<Head, 'weight' | 'bias'>>
  release(): Promise<void>
}

/** In a step, logits follow from the classes as they are read in it; while judged, the classes are read once for all images. */
export abstract class ReadClasses {
  constructor(
    /** Number of classes. */
    readonly n: number,
    readonly dim: number,
  ) {}

  /** Logits [b, n] of features [b, dim] in a step. */
  abstract logits(p: Params, features: Value): Value

  /** Values of further inputs of `logits`, the same in all parts of a step. */
  feeds(_step: number): Record<string, Tensor> {
    return {}
  }

  /** @param params the weights for a graph */
  protected abstract open(params: (graph: Graph) => Params): Promise<Reader>

  /** Logits of features where the classes' embeddings are known: inputs that `judge` fills. */
  known(features: Value): Value {
    const { graph } = features
    const weight = graph.input(WEIGHT, 'float32', [this.n, this.dim])
    return gemm(features, weight, graph.input(BIAS, 'float32', [this.n]), { transB: true })
  }

  /** Reads the classes by a training's current weights. */
  judge(trainer: Trainer, params: (graph: Graph) => Params) {
    let reader: Promise<Reader> | undefined
    return {
      inputs: async (): Promise<Record<string, Tensor>> => {
        reader ??= this.open(params)
        const { weight, bias } = await (await reader).read(trainer.weights({ ema: true }))
        return { [WEIGHT]: tensor(weight, 'float32', [this.n, this.dim]), [BIAS]: tensor(bias, 'float32', [this.n]) }
      },
      release: async () => (await reader)?.release(),
    }
  }
}

/**
 * Logits are the model's own similarity of an image and the classes' texts, as in CLIP-LoRA (MaxZanella/CLIP-LoRA lora.py). A step
 * reads one text of each class, drawn at random where there are several; while judged, and in the checkpoint, all of them count as
 * for zero-shot.
 */
export class ClassTexts extends ReadClasses {
  private readonly text: ReturnType<typeof textTower>
  private readonly texts: readonly (readonly string[])[]

  /** @throws a user error, starting with `wanted`, if the model has no text tower */
  constructor(
    private readonly run: Run,
    wanted: string,
  ) {
    super(run.o.classes.length, run.model.dim)
    this.text = textTower(run.model, wanted)
    this.texts = classTextsOf(run)
  }

  logits(p: Params, features: Value): Value {
    const { context, similarity } = this.text
    const ids = p.graph.input(IDS, 'int32', [this.n, context])
    const classes = this.text.embed(p, this.text.tokens(p, ids), p.graph.input(AT, 'int32', [this.n]))
    return similarity.logits(p, features, classes)
  }

  override feeds(step: number): Record<string, Tensor> {
    const rng = Rng.of(this.run.o.seed, STREAM, step)
    const said = this.texts.map((own) => own[rng.int(own.length)]!)
    return textFeeds(this.run, this.text, said, this.text.context)
  }

  protected async open(params: (graph: Graph) => Params): Promise<Reader> {
    const { model, o } = this.run
    const reader = await TextReader.open(model, this.texts.flat().length, { provider: o.provider }, params)
    return {
      read: (weights) => zeroShotHead(model, o.classes, o.templates, {}, (texts) => reader.read(texts, weights)),
      release: () => reader.release(),
    }
  }
}
