/** sharp, loaded with the first picture: most of the terminal's commands open none, and its native library takes a while. */
import { createRequire } from 'node:module'
import type sharpItself from 'sharp'
import type { Sharp, SharpInput, SharpOptions } from 'sharp'

const installed = createRequire(import.meta.url)
let loaded: typeof sharpItself | undefined

export const sharp = (input: SharpInput, options?: SharpOptions): Sharp =>
  (loaded ??= installed('sharp') as typeof sharpItself)(input, options)
