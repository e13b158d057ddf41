/**
 * The class head of a detector in closed form: ridge regression (Hastie, Tibshirani & Friedman, The Elements of Statistical
 * Learning, §3.4.1) from what the heads read of a patch to the word of the object that the patch's box is around. By
 * gradients alone, a head that starts anywhere learns no words from some thousand scenes.
 */
import { Matrix, solve } from 'ml-matrix'
import { Graph } from '../graph/graph.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { Session, tensor } from '../runtime/session.ts'
import { giou } from '../tasks/matching.ts'
import type { CentreBox } from '../tasks/matching.ts'
import { detectRecipe } from './detect-recipe.ts'
import type { DetectionScene } from './detect-scene.ts'

/** A patch is an object's from this GIoU of their boxes on, and of the background below the other. */
const OBJECT = 0.5
const NOTHING = 0
/** How many in a batch. */
const BATCH = 8
/** What is added to the cosine of a patch and a word, times the scale: scores near 0.5 for a fair likeness, none elsewhere. */
const SCALE = 12
const SHIFT = { object: -0.35, nothing: -0.8 }

export interface FitOptions {
  readonly model: Architecture
  readonly weights: ReadonlyMap<string, Float32Array>
  /** The query of each concept. */
  readonly words: readonly (readonly Float32Array[])[]
  scene(number: number, out: Float32Array, offset: number): DetectionScene
  /** The first scene, and how many. */
  readonly from: number
  readonly scenes: number
  readonly threads?: number
}

/** @returns the tensors of the class head, by name */
export async function fitClassHead(o: FitOptions): Promise<Map<string, Float32Array>> {
  const { model } = o
  const detector = model.detector!
  const { size } = model.image
  const graph = new Graph()
  const source = tensorsInMemory('a detector in training', model.tensors.shapes(), (name) => o.weights.get(name)!)
  const p = new Params(graph, source)
  const input = graph.input('pixels', 'float32', [BATCH, 3, size, size])
  graph.output('features', detector.features!(p, input))
  graph.output('boxes', detector.encode(p, input)['boxes']!)
  const session = await Session.create(graph, { threads: o.threads })
  const patches = detector.boxes(size, size)
  const d = model.tensors.get('class_head.dense0.weight')!.shape[1]!
  const words = new Sums(d + 1, detector.width)
  const shift = new Sums(d + 1, 1)
  try {
    for (let at = 0; at < o.scenes; at += BATCH) {
      const pixels = new Float32Array(BATCH * 3 * size * size)
      const scenes = Array.from({ length: BATCH }, (_, i) => o.scene(o.from + at + i, pixels, i * 3 * size * size))
      const found = await session.run({ pixels: tensor(pixels, 'float32', [BATCH, 3, size, size]) })
      const features = found['features']!.data as Float32Array
      const boxes = found['boxes']!.data as Float32Array
      scenes.forEach(({ objects }, i) => {
        for (let n = i * patches; n < (i + 1) * patches; n++) {
          const own = boxes.subarray(4 * n, 4 * n + 4) as unknown as CentreBox
          const [best, overlap] = nearest(own, objects)
          const x = Float64Array.from({ length: d + 1 }, (_, k) => (k < d ? features[n * d + k]! : 1))
          if (best && overlap > OBJECT) {
            words.add(x, mean(o.words[best.concept]!))
            shift.add(x, [SHIFT.object])
          } else if (overlap < NOTHING) shift.add(x, [SHIFT.nothing], 0.2)
        }
      })
    }
  } finally {
    await session.release()
  }
  const [w, s] = [words.solve(detectRecipe.ridge), shift.solve(detectRecipe.ridge)]
  const rows = (m: Matrix) =>
    Float32Array.from(
      m
        .transpose()
        .subMatrix(0, m.columns - 1, 0, d - 1)
        .to1DArray(),
    )
  const last = (m: Matrix) => Float32Array.from(m.getRow(d))
  return new Map([
    ['class_head.dense0.weight', rows(w)],
    ['class_head.dense0.bias', last(w)],
    ['class_head.logit_shift.weight', rows(s)],
    ['class_head.logit_shift.bias', last(s)],
    ['class_head.logit_scale.weight', new Float32Array(d)],
    ['class_head.logit_scale.bias', Float32Array.of(SCALE - 1)],
  ])
}

function nearest(box: CentreBox, objects: DetectionScene['objects']): [DetectionScene['objects'][number] | undefined, number] {
  let [best, overlap]: [DetectionScene['objects'][number] | undefined, number] = [undefined, -1]
  for (const object of objects) {
    const of = giou(box, object.box)
    if (of > overlap) [best, overlap] = [object, of]
  }
  return [best, overlap]
}

const mean = (rows: readonly Float32Array[]): Float64Array =>
  Float64Array.from(rows[0]!, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length)

/** Sums of xᵀx and xᵀy. */
class Sums {
  private readonly xx: Float64Array
  private readonly xy: Float64Array
  private weight = 0

  constructor(
    private readonly inputs: number,
    private readonly outputs: number,
  ) {
    this.xx = new Float64Array(inputs * inputs)
    this.xy = new Float64Array(inputs * outputs)
  }

  add(x: Float64Array, y: ArrayLike<number>, weight = 1): void {
    const { inputs, outputs, xx, xy } = this
    this.weight += weight
    for (let i = 0; i < inputs; i++) {
      const a = weight * x[i]!
      for (let j = 0; j < inputs; j++) xx[i * inputs + j]! += a * x[j]!
      for (let j = 0; j < outputs; j++) xy[i * outputs + j]! += a * y[j]!
    }
  }

  /** [inputs, outputs], with a ridge relative to the number of examples. */
  solve(ridge: number): Matrix {
    const xx = Matrix.from1DArray(this.inputs, this.inputs, this.xx)
    for (let i = 0; i < this.inputs; i++) xx.set(i, i, xx.get(i, i) + ridge * this.weight)
    return solve(xx, Matrix.from1DArray(this.inputs, this.outputs, this.xy))
  }
}
