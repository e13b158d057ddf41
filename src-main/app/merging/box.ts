import { existsSync } from 'node:fs'
import path from 'node:path'
import type { AppContext } from '../context.ts'

/** The models in the box: Nano, and those of detection and segmentation that are made from it, which lie beside it. */
export function modelsInBox({ nano }: Pick<AppContext, 'nano'>): { readonly name: string; readonly dir: string }[] {
  const beside = (folder: string) => path.join(nano, '..', folder)
  const made = [
    { name: 'Nano detector', dir: beside('nano-detect') },
    { name: 'Nano segmenter', dir: beside('nano-segment') },
  ]
  return [{ name: 'Nano', dir: nano }, ...made.filter(({ dir }) => existsSync(dir))]
}
