/** Preprocessing of images for a model: the folder's settings, plus overrides that only the user can choose. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { largestSize, type PreprocessConfig } from '../data/preprocess.ts'
import type { DeepSamples } from '#shared/model/deep.ts'

/** `deep` is omitted when it equals the default of `transformers`, so that existing feature caches stay valid. */
export interface Preparation extends PreprocessConfig {
  readonly deep?: DeepSamples
}

/** The file of a folder that has its preprocessing: `transformers` ≥ 5 saves it with the tokenizer's. */
export const preprocessorFileIn = (dir: string): string =>
  path.join(
    dir,
    ['preprocessor_config.json', 'processor_config.json'].find((n) => existsSync(path.join(dir, n))) ?? 'preprocessor_config.json',
  )

/**
 * Resolves the preprocessing for a model.
 * @param image the tower, which knows the image size it was trained on
 * @throws a data fault if the size differs and interpolating positions was not requested (as `transformers` requires)
 */
export function preparationOf(
  dir: string,
  preprocess: PreprocessConfig,
  { size, anySize }: { readonly size: number; readonly anySize: boolean },
  { deep = 'clip', interpolate = false }: Seeing,
): Preparation {
  const file = preprocessorFileIn(dir)
  const { height, width } = largestSize(preprocess, file)
  if (!interpolate && !anySize && (height !== size || width !== size))
    throw dataError(file, sentence('model.picture-size', { field: preprocess.do_center_crop ? 'crop_size' : 'size', size, height, width }))
  return deep === 'clip' ? preprocess : { ...preprocess, deep }
}
