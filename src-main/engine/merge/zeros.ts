/** A file of tensors like another one, all of them zero: what a model is worth to a blend that has none of what others add to it. */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** @param like a safetensors file whose header was checked; names, shapes and metadata are its own */
export function zerosLike(like: string): { readonly file: string; remove(): void } {
  const bytes = fs.readFileSync(like)
  const folder = fs.mkdtempSync(path.join(tmpdir(), 'dashi-zeros-'))
  const file = path.join(folder, path.basename(like))
  // The length of the header in 8 bytes, the header, the tensors: https://github.com/huggingface/safetensors#format
  fs.writeFileSync(file, bytes.fill(0, 8 + Number(bytes.readBigUInt64LE())))
  return { file, remove: () => fs.rmSync(folder, { recursive: true, force: true }) }
}
