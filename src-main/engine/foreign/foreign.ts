import { statSync } from 'node:fs'
import path from 'node:path'
import { dataError, userError } from '#shared/errors.ts'
import { suppress } from '#shared/geometry/nms.ts'
import { FOREIGN_MANIFEST, FOREIGN_MODEL, type ForeignManifest, foreignSchema } from '#shared/model/foreign.ts'
import type { DetectionSettings, Prompt, Segment } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import type { Pixels } from '../data/pixels.ts'
import { RecentImages } from '../data/recent.ts'
import type { Found } from '../regions/index.ts'
import { openOnnxFile, type OnnxFile, tensor } from '../runtime/session.ts'
import { decide } from '../segmentation/decide.ts'
import { columnsOf, cropped, planeOf, resized } from '../segmentation/planes.ts'
import { readJson } from '../weights/json.ts'
import { isThere, refuseLinksOut } from '../weights/regular.ts'
import { boxesIn, type Outputs } from './outputs.ts'
import { inputOf, type Placed, placeIn } from './picture.ts'

/** The largest file that is opened: what a protobuf message can hold. */
const MOST_BYTES = 2 ** 31 - 1
const SEEN_BYTES = 64 * 2 ** 20

/** Whether a folder holds an ONNX file with a manifest, rather than a checkpoint. */
export const isForeign = (dir: string): boolean => isThere(path.join(dir, FOREIGN_MANIFEST))

/** @throws a data fault naming the file and the field */
export function foreignManifest(dir: string): ForeignManifest {
  refuseLinksOut(dir, [FOREIGN_MANIFEST, FOREIGN_MODEL])
  return readJson(path.join(dir, FOREIGN_MANIFEST), foreignSchema)
}

interface Seen {
  readonly outputs: Outputs
  readonly at: Placed
  readonly width: number
  readonly height: number
}

/** A detector or segmenter of fixed classes that the user brought. Images that it has seen are not looked at again. */
export class Foreign {
  private readonly seen = new RecentImages<Seen>(SEEN_BYTES, ({ outputs }) =>
    Object.values(outputs).reduce((n, { data }) => n + 8 * data.length, 0),
  )

  private constructor(
    private readonly file: string,
    readonly manifest: ForeignManifest,
    private readonly onnx: OnnxFile,
  ) {}

  /**
   * @throws a data fault if the manifest, the file, or what one says of the other is wrong; a user error, starting with
   *   `wanted`, if it is for another task
   */
  static async open(dir: string, task: 'detect' | 'segment', wanted: string): Promise<Foreign> {
    const manifest = foreignManifest(dir)
    const can = manifest.detect ? 'detect' : 'segment'
    if (can !== task) throw userError(sentence('foreign.other-task', { wanted, can }))
    const file = path.join(dir, FOREIGN_MODEL)
    const { size } = statSync(file, { throwIfNoEntry: false }) ?? {}
    if (size === undefined) throw dataError(file, sentence('system.enoent'))
    if (size > MOST_BYTES) throw dataError(file, sentence('foreign.too-large', { bytes: size, limit: MOST_BYTES }))
    const onnx = await openOnnxFile(file)
    const { inputs, outputs } = onnx
    const d = manifest.detect
    const needed = d ? [d.boxes, d.scores, d.labels, d.objectness].flatMap((part) => part?.output ?? []) : [manifest.segment!.masks]
    const missing = needed.find((name) => !outputs.includes(name))
    const problem =
      inputs.length !== 1
        ? sentence('foreign.inputs', { found: inputs.join(', ') })
        : missing !== undefined
          ? sentence('foreign.no-output', { output: missing, found: outputs.join(', ') })
          : undefined
    if (!problem) return new Foreign(file, manifest, onnx)
    await onnx.release()
    throw dataError(file, problem)
  }

  /**
   * What is found in an image file, best first.
   * @throws a user error if a word is none of its classes, a data error if the image or an output cannot be read
   */
  async find(file: string, prompt: Prompt, o: DetectionSettings = {}): Promise<Found[]> {
    if ('example' in prompt) throw userError(sentence('foreign.no-example'))
    const { classes } = this.manifest
    const known = new Map(classes.map((name, i) => [name.toLowerCase(), i]))
    const asked = prompt.classes.map(({ name, phrase }) => ({
      name,
      at: known.get(name.toLowerCase()) ?? known.get((phrase ?? '').toLowerCase()),
    }))
    const unknown = asked.filter(({ at }) => at === undefined).map(({ name }) => name)
    if (unknown.length) throw userError(sentence('foreign.words', { words: unknown.join(', '), classes: listed(classes) }))
    const labels = new Map(asked.map(({ name, at }) => [at!, name]))
    const seen = await this.seen.of(file, async () => this.look(await decodeImage(file, file, { alpha: 'keep' })))
    return this.manifest.detect ? this.boxes(seen, labels, o) : this.masks(seen, labels, o)
  }

  private async look(pixels: Pixels): Promise<Seen> {
    const { input } = this.manifest
    const at = placeIn(input, pixels)
    const dims = input.layout === 'nchw' ? [1, 3, input.height, input.width] : [1, input.height, input.width, 3]
    const found = await this.onnx.run(tensor(inputOf(pixels, input, at), 'float32', dims))
    // Texts are nothing that a manifest can mean.
    const outputs: Outputs = Object.fromEntries(
      Object.entries(found).flatMap(([name, { dims, data }]) => (Array.isArray(data) ? [] : [[name, { dims, data }]])),
    )
    return { outputs, at, width: pixels.width, height: pixels.height }
  }

  private boxes(seen: Seen, labels: ReadonlyMap<number, string>, o: DetectionSettings): Found[] {
    const { threshold = 0.25, overlap = this.manifest.detect!.suppressed ? 1 : 0.5, most } = o
    const all = boxesIn(this.file, this.manifest, seen.outputs, seen.at, seen, new Set(labels.keys()))
    if (all.some(({ score, box }) => ![score, box.x, box.y, box.w, box.h].every(Number.isFinite)))
      throw dataError(this.file, sentence('preview.not-finite'))
    const wrong = all.find(({ score }) => score < 0 || score > 1 + 1e-3)
    if (wrong) throw dataError(this.file, sentence('foreign.score', { found: wrong.score }))
    const above = all.filter(({ score, box }) => score > threshold && box.w >= 0 && box.h >= 0)
    return [...labels]
      .flatMap(([c, label]) => {
        const own = above.filter((found) => found.label === c)
        const boxes = own.map(({ box }) => box)
        const scores = own.map(({ score }) => score)
        const kept = overlap < 1 ? suppress(boxes, scores, overlap) : own.map((_, i) => i)
        return kept.map((i): Found => {
          const { x, y, w, h } = boxes[i]!
          return { label, score: Math.min(1, scores[i]!), box: [x, y, w, h] }
        })
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, most)
  }

  private masks(seen: Seen, labels: ReadonlyMap<number, string>, { threshold, most }: DetectionSettings): Segment[] {
    const { masks, score } = this.manifest.segment!
    const { dims, data } = seen.outputs[masks]!
    const n = this.manifest.classes.length
    const [one, found, height, width] = dims as [number, number, number, number]
    if (dims.length !== 4 || one !== 1 || found !== n)
      throw dataError(
        this.file,
        sentence('foreign.shape', { output: masks, expected: `[1, ${n}, height, width]`, found: `[${dims.join(', ')}]` }),
      )
    const order = [...labels.keys(), ...(score === 'softmax' ? this.manifest.classes.map((_, i) => i).filter((i) => !labels.has(i)) : [])]
    const { input } = this.manifest
    const planes = order.map((c) => {
      const own = Float32Array.from({ length: width * height }, (_, i) => Number(data[c * width * height + i]))
      if (!own.every(Number.isFinite)) throw dataError(this.file, sentence('preview.not-finite'))
      const plane = { width, height, data: own }
      return input.fit === 'stretch' ? plane : planeOf(cropped(resized(columnsOf(plane), input), seen.at))
    })
    const competing = score === 'softmax'
    const names = [...labels.values()]
    return decide(planes, seen, competing, { threshold: threshold ?? (competing ? 0 : 0.5), wanted: names.length })
      .map(({ query, score: sure, box: { x, y, w, h }, mask }): Segment => ({ label: names[query]!, score: sure, box: [x, y, w, h], mask }))
      .sort((a, b) => b.score - a.score)
      .slice(0, most)
  }

  release(): Promise<void> {
    return this.onnx.release()
  }
}

/** At most thirty names, and how many more there are. */
const listed = (names: readonly string[]) => names.slice(0, 30).join(', ') + (names.length > 30 ? `, … (${names.length})` : '')
