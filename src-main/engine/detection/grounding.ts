import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Recent } from '../data/recent.ts'
import { Graph, type Value } from '../graph/graph.ts'
import type { Arrays, CaptionOf, Grounding, Values } from '../models/detector.ts'
import { type Model, paramsFor } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { Session, type Tensor, tensor } from '../runtime/session.ts'
import { captionInputs, captionsOf, type Spoken } from './captions.ts'
import type { Answer } from './post-process.ts'

type Size = readonly [height: number, width: number]

/** Bytes of captions' features. */
const WORDS_BYTES = 16 * 2 ** 20

/**
 * A detector that reads labels as a caption, at work. Images differ in size and captions in length, and a graph is made for
 * one of each: the last graph of each kind stays open.
 */
export class Grounded {
  private readonly read = new Recent<Float32Array>(WORDS_BYTES)
  private readonly sessions = new Map<string, { readonly key: string; readonly is: Session }>()

  constructor(
    private readonly model: Model,
    private readonly grounding: Grounding,
  ) {}

  /** pixels [1, 3, H, W] → state. */
  async encode(pixels: Float32Array, [height, width]: Size): Promise<Arrays> {
    const found = await this.run('encode', { pixels: tensor(pixels, 'float32', [1, 3, height, width]) }, (p, { pixels: x }) =>
      this.grounding.encode(p, x!),
    )
    return Object.fromEntries(Object.entries(found).map(([name, t]) => [name, t.data as Float32Array]))
  }

  /**
   * Boxes, and how well each fits each label: as well as it fits the best of the label's tokens. Labels that do not fit into
   * one caption are read in several, each of which has boxes of its own, of which other labels know nothing.
   * @param texts of each label
   */
  async answer(state: Arrays, size: Size, texts: readonly (readonly string[])[]): Promise<Answer> {
    const answers: Answer[] = []
    for (const spoken of captionsOf(this.model.tokenizer, texts, this.grounding))
      answers.push(await this.ask(state, size, spoken, texts.length))
    const n = answers.reduce((sum, { boxes }) => sum + boxes.length / 4, 0)
    const [boxes, logits] = [new Float32Array(4 * n), new Float32Array(texts.length * n)]
    let from = 0
    for (const own of answers) {
      const count = own.boxes.length / 4
      boxes.set(own.boxes, 4 * from)
      texts.forEach((_, label) => logits.set(own.logits.subarray(label * count, (label + 1) * count), label * n + from))
      from += count
    }
    return { boxes, logits }
  }

  private async ask(state: Arrays, size: Size, spoken: Spoken, labels: number): Promise<Answer> {
    const { boxes, logits } = await this.tokens(state, size, spoken.ids)
    const n = boxes.length / 4
    const best = new Float32Array(labels * n).fill(-Infinity)
    spoken.owners.forEach((label, token) => {
      if (label < 0) return
      for (let i = 0; i < n; i++) best[label * n + i] = Math.max(best[label * n + i]!, logits[token * n + i]!)
    })
    return { boxes, logits: best }
  }

  /** Boxes [N, 4] and their logits for each token of a caption, [T, N]; those of padding come last. */
  async tokens(state: Arrays, size: Size, ids: readonly number[]): Promise<Answer> {
    const caption = captionInputs({ ids }, this.grounding, this.model.tokenizer.padId)
    const t = caption.ids.length
    const feeds = {
      ids: tensor(caption.ids, 'int32', [t]),
      places: tensor(caption.places, 'int32', [t]),
      apart: tensor(caption.apart, 'float32', [t, t]),
      absent: tensor(caption.absent, 'float32', [t]),
    }
    const key = ids.join()
    const words =
      this.read.get(key) ??
      this.read.set(
        key,
        (await this.run('words', feeds, (p, given) => ({ words: this.grounding.words(p, given as unknown as CaptionOf<Value>) })))['words']!
          .data as Float32Array,
        4 * t * this.model.dim,
      )
    const shapes = Object.entries(this.grounding.state(...size))
    const { boxes, logits } = await this.run(
      `answer ${size.join()}`,
      {
        ...feeds,
        words: tensor(words, 'float32', [t, this.model.dim]),
        ...Object.fromEntries(shapes.map(([name, shape]) => [`state:${name}`, tensor(state[name]!, 'float32', shape)])),
      },
      (p, given) => {
        const kept = Object.fromEntries(shapes.map(([name]) => [name, given[`state:${name}`]!]))
        return { ...this.grounding.answer(p, size, kept, given['words']!, given as unknown as CaptionOf<Value>) }
      },
    )
    const answer = { boxes: boxes!.data as Float32Array, logits: logits!.data as Float32Array }
    if (!Object.values(answer).every((x) => x.every(Number.isFinite))) throw dataError(this.model.dir, sentence('preview.not-finite'))
    return answer
  }

  /** The outputs of a graph; the first word of its name says which one it replaces. */
  private async run(
    name: string,
    feeds: Readonly<Record<string, Tensor>>,
    build: (p: Params, inputs: Values) => Values,
  ): Promise<Record<string, Tensor>> {
    const kind = name.split(' ')[0]!
    const key = `${name} ${Object.entries(feeds)
      .map(([input, t]) => `${input} [${t.dims.join()}]`)
      .join()}`
    let open = this.sessions.get(kind)
    if (open?.key !== key) {
      this.sessions.delete(kind)
      await open?.is.release()
      const graph = new Graph()
      const inputs = Object.fromEntries(
        Object.entries(feeds).map(([input, t]) => [input, graph.input(input, t.type === 'int32' ? 'int32' : 'float32', t.dims)]),
      )
      for (const [output, value] of Object.entries(build(paramsFor(this.model, graph, this.model.weights), inputs)))
        graph.output(output, value)
      this.sessions.set(kind, (open = { key, is: await Session.create(graph) }))
    }
    return open.is.run(feeds)
  }

  async release(): Promise<void> {
    const all = [...this.sessions.values()]
    this.sessions.clear()
    for (const { is } of all) await is.release()
  }
}
