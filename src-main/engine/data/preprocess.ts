import { join } from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { findJson, parseJson } from './json.ts'
import { overWhite, type Pixels } from './pixels.ts'
import { RESAMPLE, resize, type Resample } from './resample.ts'
import { fitted, resizedSize, type Size } from './resized-size.ts'
import { type Levels, squared } from './squared.ts'

export const side = z.int().min(1).max(16384)
/** A size as one number or as [height, width]. */
const rectangle = z.union([
  z.object({ height: side, width: side }),
  z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
])
const square = side.transform((s) => ({ height: s, width: s }))
const level = z.number().min(-1e6).max(1e6)
/** A single number applies to all three channels. */
const perChannel = z.union([level.transform((x): [number, number, number] => [x, x, x]), z.tuple([level, level, level])], {
  error: 'expected a number or three, for red, green and blue',
})
/** null disables a step, as in transformers. */
const flag = z.boolean().nullable().default(true).transform(Boolean)
/** For other keys, null means the default, as in transformers 4; transformers 5 rejects it. */
const or = <T extends z.ZodType>(schema: T, fallback: z.output<T>) => schema.nullish().transform((value): z.output<T> => value ?? fallback)
type Rgb = [number, number, number]

/** The defaults of an image processor of `transformers`. */
interface Defaults {
  readonly size: Size
  readonly resample: keyof typeof RESAMPLE
  readonly do_center_crop: boolean
  /** Side of the centre crop; 224 by default. */
  readonly crop?: number
  readonly image_mean: Rgb
  readonly image_std: Rgb
}

/**
 * Schema of a checkpoint's `preprocessor_config.json`. The older spelling of sizes as one number is accepted: for
 * `size` it means the shortest edge if the processor's default does, else a square. Unknown keys are dropped.
 */
const schemaOf = (own: Defaults) =>
  z.object({
    do_resize: flag,
    size: or(
      z.union(
        [
          side.transform((s): Size => ('shortest_edge' in own.size ? { shortest_edge: s } : { height: s, width: s })),
          rectangle,
          z.strictObject({ shortest_edge: side }),
        ],
        {
          error: 'expected a number, {shortest_edge} or {height, width}, in pixels',
        },
      ),
      own.size,
    ),
    resample: or(
      z.int().refine((n) => Object.values<number>(RESAMPLE).includes(n), 'expected a Pillow filter number, 0 to 5'),
      RESAMPLE[own.resample],
    ),
    do_center_crop: z.boolean().nullable().default(own.do_center_crop).transform(Boolean),
    crop_size: or(z.union([square, rectangle], { error: 'expected a number or {height, width}, in pixels' }), {
      height: own.crop ?? 224,
      width: own.crop ?? 224,
    }),
    do_rescale: flag,
    rescale_factor: or(level, 1 / 255),
    do_normalize: flag,
    image_mean: or(perChannel, own.image_mean),
    image_std: or(
      perChannel.refine((s) => s.every((v) => v >= 1e-6), 'expected numbers above 0'),
      own.image_std,
    ),
    do_convert_rgb: flag,
  })
export type PreprocessConfig = z.output<ReturnType<typeof schemaOf>> & {
  /** The longest edge after resizing; the rest of `size`, to the right and below, is 0 after normalisation (SAM). */
  readonly longest_edge?: number
  /** Pad to a square and resize as OWLv2 does (squared.ts); absent for all other processors. */
  readonly pad_to_square?: true
  /** The most that the longest edge may be after resizing to a shortest edge; images then differ in size (Grounding DINO). */
  readonly within?: number
}

/**
 * An image processor of `transformers` that resizes, crops, rescales and normalises like CLIP's, with other defaults.
 */
export interface Processor {
  /** Its class name without `ImageProcessor`. */
  readonly name: string
  readonly schema: z.ZodType<PreprocessConfig>
}
export const processor = (name: string, defaults: Defaults): Processor => ({ name, schema: schemaOf(defaults) })

type Fields = Record<string, unknown>

/** Early folders of OWL-ViT say `rescale` for `do_rescale`. */
export const withOlderRescale = ({ name, schema }: Processor): Processor => ({
  name,
  schema: z
    .looseObject({ rescale: z.boolean().optional() })
    .transform(({ rescale, ...json }): Fields => (rescale === undefined ? json : { ...json, do_rescale: rescale }))
    .pipe(schema as z.ZodType<PreprocessConfig, Fields>),
})

/** A step that the processor of `model` cannot do without. */
export const must = (step: string, model: string) =>
  z
    .boolean()
    .nullish()
    .refine((on) => on ?? true, { error: `expected true: ${step} is a part of how ${model} sees` })

/**
 * OWLv2's image processor: every step is needed, because boxes are relative to the padded square and smoothing is of
 * rescaled values. It never crops.
 */
export const squareProcessor = (name: string, defaults: Omit<Defaults, 'do_center_crop'>): Processor => ({
  name,
  schema: z
    .looseObject({ do_pad: must('padding', 'OWLv2'), do_resize: must('resizing', 'OWLv2'), do_rescale: must('rescaling', 'OWLv2') })
    .transform((json): Fields => ({ ...json, do_center_crop: false }))
    .pipe(schemaOf({ ...defaults, do_center_crop: false }) as z.ZodType<z.output<ReturnType<typeof schemaOf>>, Fields>)
    .refine((c) => 'height' in c.size, { path: ['size'], error: 'expected {height, width}, in pixels' })
    .transform((c) => ({ ...c, pad_to_square: true as const })),
})

const CLIP_DEFAULTS: Defaults = {
  size: { shortest_edge: 224 },
  resample: 'bicubic',
  do_center_crop: true,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
}
export const preprocessSchema = schemaOf(CLIP_DEFAULTS)
export const clipProcessor = processor('CLIP', CLIP_DEFAULTS)

const kindSchema = z.object({ image_processor_type: z.string().nullish(), feature_extractor_type: z.string().nullish() })

/**
 * The processor that a file names, or the first of `processors` if it names none. Other processors of transformers
 * prepare images differently and are refused. In files, transformers drops the suffix `Pil` of class names.
 */
function processorOf(json: unknown, processors: readonly Processor[], file: string, prefix: string): Processor {
  const kinds = parseJson(kindSchema, json, file, prefix)
  let found = processors[0]!
  for (const [key, kind] of Object.entries(kinds)) {
    if (kind == null) continue
    const known = processors.find((p) => new RegExp(`^${p.name}(ImageProcessor(Fast|Pil)?|FeatureExtractor)$`).test(kind))
    if (!known) {
      const expected = processors.map((p) => `${p.name}ImageProcessor`).join(' or ')
      throw dataError(file, sentence('model.processor', { field: `${prefix}${key}`, expected, found: JSON.stringify(kind) }))
    }
    found = known
  }
  return found
}

/**
 * The preprocessing of a checkpoint folder: `preprocessor_config.json`, or the `image_processor` part of
 * `processor_config.json`, where `transformers` ≥ 5 saves it.
 * @throws dataError naming the file and the field
 */
export async function readPreprocessConfig(folder: string, processors?: readonly Processor[]): Promise<PreprocessConfig> {
  const found = findPreprocessConfig(folder, processors)
  if (!found) throw noPreprocessConfig(folder)
  return found
}

export const noPreprocessConfig = (folder: string) => dataError(join(folder, 'preprocessor_config.json'), sentence('model.no-preprocessor'))

/** {@link readPreprocessConfig}, or `undefined` if the folder has neither file. */
export function findPreprocessConfig(folder: string, processors?: readonly Processor[]): PreprocessConfig | undefined {
  const alone = join(folder, 'preprocessor_config.json')
  const joint = join(folder, 'processor_config.json')
  const own = findJson(alone)
  if (own !== undefined) return parsePreprocessConfig(own, alone, '', processors)
  const both = findJson(joint)
  if (both === undefined) return undefined
  const part = z.object({ image_processor: z.record(z.string(), z.unknown()) }).safeParse(both)
  if (!part.success) throw dataError(joint, sentence('model.processor-object'))
  return parsePreprocessConfig(part.data.image_processor, joint, 'image_processor.', processors)
}

export function parsePreprocessConfig(
  json: unknown,
  file: string,
  prefix = '',
  processors: readonly Processor[] = [clipProcessor],
): PreprocessConfig {
  return parseJson(processorOf(json, processors, file, prefix).schema, json, file, prefix)
}

/**
 * The output size of every image, in pixels. Without a centre crop and with a shortest edge, it would depend on the
 * image.
 * @throws dataError if the configuration does not fix it
 */
export function outputSize(config: PreprocessConfig, file = 'preprocessor_config.json'): { height: number; width: number } {
  if (config.do_center_crop) return config.crop_size
  if (config.do_resize && 'height' in config.size) return config.size
  throw dataError(file, sentence('model.size-not-fixed', { size: '{height, width}' }))
}

/** The size of the output for an image of this size, which most processors don't depend on. */
export function sizeFor(config: PreprocessConfig, image: { readonly width: number; readonly height: number }) {
  return config.within ? resizedSize(image, config) : outputSize(config)
}

/** The largest size of the output. @throws dataError if the configuration does not bound it */
export function largestSize(config: PreprocessConfig, file?: string): { height: number; width: number } {
  if (!config.within || !('shortest_edge' in config.size)) return outputSize(config, file)
  return { height: Math.min(config.size.shortest_edge, config.within), width: config.within }
}

/**
 * Preprocesses one image for CLIP: resize, centre crop, rescale, normalise. `out[offset …]` gets 3 · height · width
 * float32 in CHW order. Bit-identical to CLIP's processor on Pillow: `CLIPImageProcessor` of `transformers` 4,
 * `CLIPImageProcessorPil` of 5 (used by `CLIPProcessor` if torchvision is not installed). The torchvision processor
 * has 16-bit resampling weights: up to 2 grey levels of difference in 0.1 to 4% of the values, and the larger half of
 * odd padding comes after the image instead of before. RGBA is composited over white first, as in `transformers` 5.
 */
export function preprocess(pixels: Pixels, config: PreprocessConfig, out: Float32Array, offset = 0): void {
  cropAndNormalise(resized(pixels, config), config, out, offset)
}

/** Limit on the size of a resized image, equal to the limit on decoding. */
const MOST_PIXELS = 0x3fff ** 2

/** RGB at the scale at which it is cropped: bytes, or levels that the processor does not round. */
export type Resized = Pixels | Levels

export const methodOf = ({ resample }: PreprocessConfig): Resample =>
  (Object.keys(RESAMPLE) as Resample[]).find((name) => RESAMPLE[name] === resample)!

/** The first half of `preprocess`: RGB resized to the scale at which it is cropped. `name` is used in errors. */
export function resized(pixels: Pixels, config: PreprocessConfig, name = 'image'): Resized {
  const rgb = overWhite(pixels)
  if (config.pad_to_square && 'height' in config.size)
    return squared(rgb, config.size.width, config.size.height, { smooth: config.resample !== RESAMPLE.nearest })
  const { width, height } = config.longest_edge ? fitted(rgb, config.longest_edge) : config.do_resize ? resizedSize(rgb, config) : rgb
  if (width * height > MOST_PIXELS) throw dataError(name, sentence('image.narrow', { width, height, limit: MOST_PIXELS }))
  return resize(rgb, width, height, methodOf(config))
}

/** The second half of `preprocess`: crops and normalises. */
export function cropAndNormalise(image: Resized, config: PreprocessConfig, out: Float32Array, offset: number): void {
  const padded = config.longest_edge !== undefined && 'height' in config.size ? config.size : undefined
  const crop = padded ?? (config.do_center_crop ? config.crop_size : image)
  const top = padded ? 0 : cropStart(image.height, crop.height)
  const left = padded ? 0 : cropStart(image.width, crop.width)
  const area = crop.height * crop.width
  for (let c = 0; c < 3; c++) {
    const level = image.data instanceof Uint8Array ? tableOf(config, c) : (value: number) => normalised(value, config, c)
    let to = offset + c * area
    for (let y = top; y < top + crop.height; y++) {
      const inside = y >= 0 && y < image.height
      for (let x = left; x < left + crop.width; x++) {
        const there = inside && x >= 0 && x < image.width
        out[to++] = there || !padded ? level(there ? image.data[(y * image.width + x) * 3 + c]! : 0) : 0
      }
    }
  }
}

/**
 * Start of the crop on an axis; negative if it is padded with black. For an image smaller than the crop, ⌈padding /
 * 2⌉ comes first (`image_transforms.center_crop`); both cases equal ⌊(size − crop) / 2⌋.
 */
const cropStart = (size: number, crop: number) => Math.floor((size - crop) / 2)

/** The value of a level in channel c, rounded to float32 at the same points as the reference. */
function normalised(value: number, config: PreprocessConfig, c: number): number {
  const f = Math.fround
  const scaled = f(config.do_rescale ? value * config.rescale_factor : value)
  return config.do_normalize ? f(f(scaled - f(config.image_mean[c]!)) / f(config.image_std[c]!)) : scaled
}

/** {@link normalised} of the 256 byte values. */
function tableOf(config: PreprocessConfig, c: number): (byte: number) => number {
  const table = Float32Array.from({ length: 256 }, (_, byte) => normalised(byte, config, c))
  return (byte) => table[byte]!
}
