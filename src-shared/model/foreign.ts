/** What a folder says of an ONNX file that another program exported: `dashi-onnx.json` beside `model.onnx`. */
import { z } from 'zod'

export const FOREIGN_MANIFEST = 'dashi-onnx.json'
export const FOREIGN_MODEL = 'model.onnx'

const side = z.int().min(1).max(8192)
const three = z.tuple([z.number(), z.number(), z.number()])
const output = z.string().min(1)
/** Numbers of each box in an output of [1, boxes, numbers]: those from `from` on. */
const columns = z.strictObject({ output, from: z.int().nonnegative().default(0) })

const input = z.strictObject({
  width: side,
  height: side,
  layout: z.enum(['nchw', 'nhwc']).default('nchw'),
  order: z.enum(['rgb', 'bgr']).default('rgb'),
  /** `stretch` to the size; `pad` at the right and bottom; `letterbox`: pad on both sides. */
  fit: z.enum(['stretch', 'pad', 'letterbox']).default('stretch'),
  /** Level of what is padded, 0 to 255. */
  fill: z.number().min(0).max(255).default(114),
  /** (level · scale − mean) / std, for each channel in the model's order. */
  scale: z
    .number()
    .positive()
    .default(1 / 255),
  mean: three.default([0, 0, 0]),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]).default([1, 1, 1]),
})

const detect = z.strictObject({
  boxes: columns,
  format: z.enum(['xyxy', 'xywh', 'cxcywh']),
  /** Whether boxes are shares of the input; otherwise they are in its pixels. */
  relative: z.boolean().default(false),
  /** One number for each class, or with `labels` one for each box. */
  scores: columns,
  /** The index of each box's class. */
  labels: columns.optional(),
  /** Multiplied with the scores. */
  objectness: columns.optional(),
  score: z.enum(['probability', 'sigmoid', 'softmax']).default('probability'),
  /** Whether outputs are [1, numbers, boxes]. */
  transposed: z.boolean().default(false),
  /** Whether the model leaves out boxes that overlap better ones. */
  suppressed: z.boolean().default(false),
})

const segment = z.strictObject({
  /** Logits [1, classes, height, width] over the input. */
  masks: output,
  /** Each class decided by itself, or one class for each pixel. */
  score: z.enum(['sigmoid', 'softmax']).default('softmax'),
})

export const foreignSchema = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    license: z.string().max(200).optional(),
    input,
    classes: z.array(z.string().min(1)).min(1).max(20_000),
    detect: detect.optional(),
    segment: segment.optional(),
  })
  .refine((m) => (m.detect === undefined) !== (m.segment === undefined), { path: ['detect'], error: 'expected either detect or segment' })
  .refine((m) => m.segment === undefined || m.input.fit !== 'letterbox', {
    path: ['input', 'fit'],
    error: 'for segment: expected stretch or pad',
  })
  .refine((m) => new Set(m.classes.map((c) => c.toLowerCase())).size === m.classes.length || m.segment !== undefined, {
    path: ['classes'],
    error: 'expected names that differ',
  })
export type ForeignManifest = z.output<typeof foreignSchema>
