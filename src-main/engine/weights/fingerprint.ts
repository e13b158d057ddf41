/**
 * A SHA-256 that identifies a checkpoint's weights independently of their layout in files. Each tensor is hashed
 * separately, which allows hashing while writing. The fingerprint is the hash of the lines `NAME DTYPE [SHAPE]
 * SHA256` of the model's tensors, sorted by name, followed for each additional tensor file by a line `# FILE` and its
 * lines.
 */
import fs from 'node:fs'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { encode, isFloat } from './dtype.ts'
import type { TensorSpec } from './header.ts'
import { openWeights, openWeightsFile, WEIGHTS_FILE } from './source.ts'
import { storedTensors } from './tensors.ts'
import type { TensorsToWrite } from './written.ts'

/** Tensor files besides the model's own (a classifier's head, a learned prompt), sorted. */
export const sidecars = (dir: string): string[] =>
  fs
    .readdirSync(dir)
    .filter((name) => name.endsWith('.safetensors') && !/^(\.|model(-\d+-of-\d+)?\.safetensors$)/.test(name))
    .sort()

export class Fingerprint {
  private readonly files = new Map<string, Map<string, string>>()

  /** Passes tensors through and hashes them. `file` is `model.safetensors` or a sidecar. */
  through(file: string, source: TensorsToWrite): TensorsToWrite {
    const lines = new Map<string, string>()
    this.files.set(file, lines)
    return {
      specs: source.specs,
      produce: (spec) =>
        hashing(source, spec, (sha) => lines.set(spec.name, `${spec.name} ${spec.dtype} [${spec.shape.join(',')}] ${sha}\n`)),
    }
  }

  digest(): string {
    const hash = createHash('sha256')
    for (const file of [...this.files.keys()].sort((a, b) => Number(b === WEIGHTS_FILE) - Number(a === WEIGHTS_FILE) || (a < b ? -1 : 1))) {
      if (file !== WEIGHTS_FILE) hash.update(`# ${file}\n`)
      const lines = this.files.get(file)!
      for (const name of [...lines.keys()].sort()) hash.update(lines.get(name)!)
    }
    return hash.digest('hex')
  }
}

async function* hashing({ produce }: TensorsToWrite, spec: TensorSpec, done: (sha: string) => void): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  const produced = await produce(spec)
  for await (const chunk of produced instanceof Uint8Array || produced instanceof Float32Array ? [produced] : produced) {
    const bytes = chunk instanceof Float32Array && isFloat(spec.dtype) ? encode(chunk, spec.dtype) : (chunk as Uint8Array)
    hash.update(bytes)
    yield bytes
  }
  done(hash.digest('hex'))
}

/** The fingerprint of the checkpoint in `dir`. Reads all of its weights, in chunks. */
export async function fingerprint(dir: string): Promise<string> {
  const print = new Fingerprint()
  for (const file of [WEIGHTS_FILE, ...sidecars(dir)]) {
    const weights = file === WEIGHTS_FILE ? openWeights(dir) : openWeightsFile(path.join(dir, file))
    try {
      const { specs, produce } = print.through(file, storedTensors(weights))
      for (const spec of specs) for await (const _ of (await produce(spec)) as AsyncIterable<Uint8Array>);
    } finally {
      weights.close()
    }
  }
  return print.digest()
}
