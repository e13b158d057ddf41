/** Weights in the layouts of open_clip and OpenAI. */
import fs from 'node:fs'
import path from 'node:path'

export const OPEN_CLIP = path.join(import.meta.dirname, '../parity/models/open-clip')

/** OpenAI's tensors without one of the three by which they are known, so that nothing says which activation they were trained with. */
export function writeUnsaid(file: string): void {
  const bytes = fs.readFileSync(path.join(OPEN_CLIP, 'openai', 'ViT-tiny.safetensors'))
  // As long as before; a mask is a buffer as well.
  bytes.write('"text.attn_mask"  ', bytes.indexOf('"input_resolution"'))
  fs.writeFileSync(file, bytes)
}
