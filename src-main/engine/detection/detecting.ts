import { dataError, userError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { BoxTuple, Detection, DetectionSettings, Example, Prompt } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import type { Encodings } from '../data/encodings.ts'
import { Recent } from '../data/recent.ts'
import { SeenImages } from '../data/seen-images.ts'
import { cropAndNormalise, outputSize, resized, sizeFor } from '../data/preprocess.ts'
import { ANY } from '../graph/any-batch.ts'
import { Graph } from '../graph/graph.ts'
import type { Arrays, Detector, Values } from '../models/detector.ts'
import { need, textTower } from '../models/families.ts'
import { type Model, paramsFor } from '../models/model.ts'
import { BatchSession } from '../runtime/infer.ts'
import { Session, tensor } from '../runtime/session.ts'
import { textsOf, tokensOf } from '../tasks/embed.ts'
import { type Answer, detections, type Extent, similar } from './post-process.ts'
import { Grounded } from './grounding.ts'
import { checkLengths, EXAMPLE, regionIn } from './prompt.ts'
import { bytesOf, type Seen, seenCodec } from './seen.ts'

/** Bytes of images, and of texts' queries. */
const SEEN_BYTES = 128 * 2 ** 20
const QUERY_BYTES = 16 * 2 ** 20
/** Texts that are encoded together. */
const TEXTS = 16

/** A region in pixels as the detector's boxes are given. @throws a user error if it has no part in the image */
function relativeTo(seen: Seen, region: BoxTuple): Box {
  const [w, h] = seen.extent
  const inside = regionIn(seen, region)
  return { x: inside.x / w, y: inside.y / h, w: inside.w / w, h: inside.h / h }
}

/**
 * A detector at work. Its three sessions are made when they are first needed and stay open; images and texts that it has
 * seen are not encoded again.
 */
export class Detecting {
  private readonly seen: SeenImages<Seen>
  private readonly read = new Recent<Float32Array>(QUERY_BYTES)
  private readonly sessions: { encode?: Session; words?: BatchSession; answer?: Session } = {}

  private readonly grounded?: Grounded

  private constructor(private readonly model: Model) {
    if (model.grounding) this.grounded = new Grounded(model, model.grounding)
    this.seen = new SeenImages(SEEN_BYTES, ({ state }) => bytesOf(state), seenCodec(model), model)
  }

  private get detector(): Detector {
    return this.model.detector!
  }

  /** @throws a user error, starting with `wanted`, if the model detects nothing */
  static with(model: Model, wanted: string): Detecting {
    need(model, ['detect'], wanted)
    return new Detecting(model)
  }

  /**
   * What is found in an image file, best first.
   * @throws a user error if a text does not fit into the context or a region is outside its image, a data error if an
   *   image cannot be read
   */
  async find(file: string, prompt: Prompt, o: DetectionSettings = {}): Promise<Detection[]> {
    if ('example' in prompt) return this.like(file, prompt.example, o)
    const { classes, templates = this.model.templates } = prompt
    const queries = this.grounded ? undefined : await this.queries(classes, templates)
    const { state, extent, size } = await this.image(file)
    const answer = queries
      ? await this.answer(state, queries)
      : await this.grounded!.answer(
          state,
          size,
          classes.map((c) => textsOf(c, templates)),
        )
    return detections(
      answer,
      classes.map((c) => c.name),
      extent,
      o,
    )
  }

  private async like(file: string, { file: from, region }: Example, o: DetectionSettings): Promise<Detection[]> {
    if (this.grounded) throw userError(sentence('preview.words-only', { family: this.model.family.name }))
    const example = await this.image(from)
    const { query } = this.detector.exampleOf(example.state, region && relativeTo(example, region))
    const { state, extent } = await this.image(file)
    return similar(await this.answer(state, query), EXAMPLE, extent, o)
  }

  /** Encodes an image, unless that has been done before: `false`. */
  async prepare(file: string, disk?: Encodings): Promise<boolean> {
    return (await this.seen.prepare(file, disk, () => this.look(file))).made
  }

  /** Resolves when every encoded image is on disk, if there is a place for it. */
  settled(): Promise<void> {
    return this.seen.settled()
  }

  /** The state of an image, encoded unless it is among the last ones. */
  image(file: string): Promise<Seen> {
    return this.seen.of(file, () => this.look(file))
  }

  private async look(file: string): Promise<Seen> {
    const { preprocess } = this.model
    const pixels = await decodeImage(file, file, { alpha: 'keep', deep: preprocess.deep })
    const { height, width } = sizeFor(preprocess, pixels)
    const input = new Float32Array(3 * height * width)
    cropAndNormalise(resized(pixels, preprocess, file), preprocess, input, 0)
    const state = await this.encode(input, height, width)
    const side = Math.max(pixels.width, pixels.height)
    const extent: Extent = preprocess.pad_to_square ? [side, side] : [pixels.width, pixels.height]
    return { state, width: pixels.width, height: pixels.height, extent, size: [height, width] }
  }

  /** pixels [1, 3, H, W] → state. */
  async encode(pixels: Float32Array, height: number, width: number): Promise<Arrays> {
    if (this.grounded) return this.grounded.encode(pixels, [height, width])
    const shape = [1, 3, height, width]
    const session = (this.sessions.encode ??= await this.graph((g) =>
      this.detector.encode(paramsFor(this.model, g, this.model.weights), g.input('pixels', 'float32', shape)),
    ))
    const found = await session.run({ pixels: tensor(pixels, 'float32', shape) })
    return Object.fromEntries(Object.entries(found).map(([name, t]) => [name, t.data as Float32Array]))
  }

  /** A query for each class [n, width]: the mean over its texts, of length 1. */
  async queries(classes: readonly ClassSpec[], templates: readonly string[]): Promise<Float32Array> {
    const d = this.detector.width
    const texts = classes.map((c) => textsOf(c, templates))
    const known = await this.words([...new Set(texts.flat())])
    const out = new Float32Array(classes.length * d)
    texts.forEach((own, c) => {
      const mean = out.subarray(c * d, (c + 1) * d)
      if (own.length === 1) return mean.set(known.get(own[0]!)!)
      for (const text of own) known.get(text)!.forEach((x, i) => (mean[i]! += x))
      const length = Math.hypot(...mean)
      for (let i = 0; i < d; i++) mean[i]! /= length
    })
    return out
  }

  /** The query of each text. */
  private async words(texts: readonly string[]): Promise<Map<string, Float32Array>> {
    const tower = textTower(this.model, 'detect')
    const { context } = tower
    checkLengths(this.model.tokenizer, texts, context)
    const found = new Map(texts.flatMap((text) => [[text, this.read.get(text)] as const]).filter((e) => e[1] !== undefined))
    const missing = texts.filter((text) => !found.has(text))
    if (missing.length) {
      const session = (this.sessions.words ??= await BatchSession.create(TEXTS, ['ids', 'at'], (g, b) => ({
        y: this.detector.words(
          paramsFor(this.model, g, this.model.weights),
          g.input('ids', 'int32', [b, context]),
          g.input('at', 'int32', [b]),
        ),
      })))
      const { y } = await session.run(missing.length, tokensOf(this.model, tower, missing))
      const d = this.detector.width
      missing.forEach((text, i) => found.set(text, this.read.set(text, y!.slice(i * d, (i + 1) * d), 4 * d)))
    }
    return found as Map<string, Float32Array>
  }

  /** Boxes and logits of an image's state for queries [Q, width]. */
  async answer(state: Arrays, queries: Float32Array): Promise<Answer> {
    const { width } = this.detector
    const { height, width: w } = outputSize(this.model.preprocess)
    const shapes = Object.entries(this.detector.state(this.detector.boxes(height, w)))
    const session = (this.sessions.answer ??= await this.graph((g) => ({
      ...this.detector.answer(
        paramsFor(this.model, g, this.model.weights),
        Object.fromEntries(shapes.map(([name, shape]) => [name, g.input(`state:${name}`, 'float32', shape)])),
        g.input('queries', 'float32', [ANY, width]),
      ),
    })))
    const { boxes, logits } = await session.run({
      ...Object.fromEntries(shapes.map(([name, shape]) => [`state:${name}`, tensor(state[name]!, 'float32', shape)])),
      queries: tensor(queries, 'float32', [queries.length / width, width]),
    })
    const answer = { boxes: boxes!.data as Float32Array, logits: logits!.data as Float32Array }
    if (!Object.values(answer).every((x) => x.every(Number.isFinite))) throw dataError(this.model.dir, sentence('preview.not-finite'))
    return answer
  }

  private async graph(build: (graph: Graph) => Values): Promise<Session> {
    const graph = new Graph()
    for (const [name, value] of Object.entries(build(graph))) graph.output(name, value)
    return Session.create(graph, { batch: TEXTS })
  }

  async release(): Promise<void> {
    const { encode, words, answer } = this.sessions
    for (const session of [encode, words, answer, this.grounded]) await session?.release()
  }
}
