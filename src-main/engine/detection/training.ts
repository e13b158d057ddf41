/**
 * Training of a detector (Carion et al. 2020, "End-to-end object detection with transformers", §3; Minderer et al. 2022,
 * "Simple open-vocabulary object detection", §3.2). A step is: predictions of the current weights; which of them answers
 * for which region (Hungarian matching); then loss and update, in a second session, with that assignment as an input.
 */
import { Graph, type Value } from '../graph/graph.ts'
import type { Detector } from '../models/detector.ts'
import type { Params } from '../nn/params.ts'
import { add, div, gather, mul, reduceSum, sigmoid } from '../ops/index.ts'
import { Session, type SessionOptions, type Tensor, tensor } from '../runtime/session.ts'
import { type TrainOptions, Trainer } from '../runtime/train.ts'
import { type CentreBox, matchBoxes, matchCosts, type MatchTarget } from '../tasks/matching.ts'
import { boxDistance, giouLoss, sigmoidFocal } from '../tasks/region-losses.ts'

/** Sizes of a batch. */
export interface DetectionShape {
  readonly images: number
  /** Of the pixels. */
  readonly height: number
  readonly width: number
  /** Texts that every image of the batch is asked for. */
  readonly queries: number
  /** Most regions of an image. */
  readonly regions: number
}

/** A batch before the assignment: the regions of each image, by query. */
export interface DetectionBatch {
  /** [images, 3, height, width]. */
  readonly pixels: Float32Array
  /** [queries, detector.width]. */
  readonly queries: Float32Array
  readonly targets: readonly (readonly MatchTarget[])[]
}

/** Stands for no region: it has an area, as the loss requires, and weighs nothing. */
const NOTHING: CentreBox = [0.5, 0.5, 1, 1]

export interface DetectorTraining {
  readonly detector: Detector
  readonly shape: DetectionShape
  /** Weights of the model for a graph; those that are trained are its inputs. */
  params(graph: Graph): Params
  initial(name: string): Float32Array
  readonly options: TrainOptions
}

/** A trainer with the session that predicts by its current weights. */
export class DetectorTrainer {
  private constructor(
    readonly trainer: Trainer,
    private readonly predict: Session,
    private readonly shape: DetectionShape,
    /** Boxes of an image. */
    private readonly boxes: number,
  ) {}

  static async create({ detector, shape, params, initial, options }: DetectorTraining): Promise<DetectorTrainer> {
    const boxes = detector.boxes(shape.height, shape.width)
    const trainer = await Trainer.create(
      {
        build(graph) {
          const p = params(graph)
          const { loss, ...metrics } = detectionLoss(graph, detector, p, shape, boxes)
          return { loss, metrics, parameters: p.trainable }
        },
      },
      initial,
      options,
    )
    const session: SessionOptions | undefined = options.session
    const graph = new Graph()
    const found = predictions(graph, detector, params(graph), shape)
    graph.output('boxes', found.boxes)
    graph.output('logits', found.logits)
    return new DetectorTrainer(trainer, await Session.create(graph, session), shape, boxes)
  }

  /** The feeds of a batch, without the assignment. */
  feeds({ pixels, queries, targets }: DetectionBatch): Record<string, Tensor> {
    const { images, regions, height, width, queries: q } = this.shape
    const at = new Int32Array(images * regions).fill(-1)
    const boxes = new Float32Array(images * regions * 4)
    targets.forEach((own, i) =>
      own.slice(0, regions).forEach(({ query, box }, k) => {
        at[i * regions + k] = query
        boxes.set(box, 4 * (i * regions + k))
      }),
    )
    return {
      pixels: tensor(pixels, 'float32', [images, 3, height, width]),
      queries: tensor(queries, 'float32', [q, queries.length / q]),
      'target:query': tensor(at, 'int32', [images, regions]),
      'target:box': tensor(boxes, 'float32', [images, regions, 4]),
    }
  }

  /** Boxes [images · N, 4] and logits [Q, images · N] by the current weights. */
  async predictions(feeds: Readonly<Record<string, Tensor>>): Promise<{ boxes: Float32Array; logits: Float32Array }> {
    const { boxes, logits } = await this.predict.run({ ...this.trainer.weights(), ...feeds })
    return { boxes: boxes!.data as Float32Array, logits: logits!.data as Float32Array }
  }

  /** The feeds with the assignment of predictions to regions. */
  async assigned(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    const answer = await this.predictions(feeds)
    return { ...feeds, ...assign(answer, feeds, this.shape, this.boxes) }
  }

  async release(): Promise<void> {
    await this.trainer.release()
    await this.predict.release()
  }
}

function predictions(graph: Graph, detector: Detector, p: Params, { images, height, width, queries }: DetectionShape) {
  const pixels = graph.input('pixels', 'float32', [images, 3, height, width])
  const asked = graph.input('queries', 'float32', [queries, detector.width])
  return detector.answer(p, detector.encode(p, pixels), asked)
}

/** The loss, and its parts, from the assignment; all are means over the regions of the batch. */
function detectionLoss(graph: Graph, detector: Detector, p: Params, shape: DetectionShape, n: number) {
  const { boxes, logits } = predictions(graph, detector, p, shape)
  const rows = shape.images * shape.regions
  const count = graph.input('count', 'float32', [])
  const mean = (x: Value) => div(reduceSum(x), count)
  const classes = graph.input('classes', 'float32', [shape.queries, shape.images * n])
  const weights = graph.input('weights', 'float32', [rows, 1])
  const own = gather(boxes, graph.input('matched', 'int32', [rows]))
  const wanted = graph.input('boxes', 'float32', [rows, 4])
  const focal = mean(sigmoidFocal(logits, classes))
  const distance = mean(mul(boxDistance(own, wanted), weights))
  const giou = mean(mul(giouLoss(own, wanted), weights))
  return {
    loss: add(add(mul(focal, matchCosts.class), mul(distance, matchCosts.box)), mul(giou, matchCosts.giou)),
    focal,
    distance,
    giou,
    /** The mean score of the predictions that answer for a region. */
    score: mean(mul(sigmoid(logits), classes)),
  }
}

/** Matches each image's predictions with its regions. */
function assign(
  { boxes, logits }: { readonly boxes: Float32Array; readonly logits: Float32Array },
  feeds: Readonly<Record<string, Tensor>>,
  { images, queries, regions }: DetectionShape,
  n: number,
): Record<string, Tensor> {
  const rows = images * regions
  const at = feeds['target:query']!.data as Int32Array
  const wanted = feeds['target:box']!.data as Float32Array
  const classes = new Float32Array(queries * images * n)
  const matched = new Int32Array(rows)
  const target = new Float32Array(rows * 4)
  const weights = new Float32Array(rows)
  for (let r = 0; r < rows; r++) target.set(NOTHING, 4 * r)
  let count = 0
  const own = new Float32Array(n * queries)
  for (let i = 0; i < images; i++) {
    const targets: MatchTarget[] = []
    for (let k = i * regions; k < (i + 1) * regions; k++) if (at[k]! >= 0) targets.push({ query: at[k]!, box: boxAt(wanted, k) })
    if (!targets.length) continue
    for (let q = 0; q < queries; q++) for (let k = 0; k < n; k++) own[k * queries + q] = logits[(q * images + i) * n + k]!
    const found = matchBoxes(own, boxes.subarray(4 * i * n, 4 * (i + 1) * n), targets)
    found.forEach((k, t) => {
      if (k < 0) return
      const { query, box } = targets[t]!
      classes[(query * images + i) * n + k] = 1
      matched[count] = i * n + k
      target.set(box, 4 * count)
      weights[count++] = 1
    })
  }
  return {
    classes: tensor(classes, 'float32', [queries, images * n]),
    matched: tensor(matched, 'int32', [rows]),
    boxes: tensor(target, 'float32', [rows, 4]),
    weights: tensor(weights, 'float32', [rows, 1]),
    count: tensor(Float32Array.of(Math.max(1, count)), 'float32', []),
  }
}

const boxAt = (boxes: Float32Array, k: number): CentreBox => [boxes[4 * k]!, boxes[4 * k + 1]!, boxes[4 * k + 2]!, boxes[4 * k + 3]!]
