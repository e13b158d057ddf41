/** A place for downloads in a folder, from a server of the test, that waits for nothing. */
import fs from 'node:fs'
import path from 'node:path'
import type { HubPlace } from '../../../src-main/app/context.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'
import type { FakeHub, FakeModel } from './fake-hub.ts'

export const placeIn = (
  dir: string,
  hub: Pick<FakeHub, 'endpoint'>,
  env: NodeJS.ProcessEnv = {},
  pace: HubPlace['pace'] = {},
): HubPlace => ({
  folder: path.join(dir, 'models'),
  secrets: path.join(dir, 'config'),
  env: { HF_ENDPOINT: hub.endpoint, PATH: dir, ...env },
  pace: { attempts: 3, first: 1, most: 2, stall: 2000, ...pace },
})

export const COMMIT = 'c'.repeat(40)

/** The small CLIP as a model of the hub. */
export function tinyClip(): FakeModel {
  const files = fs.readdirSync(TINY_CLIP).filter((name) => name !== 'expected.json' && fs.statSync(path.join(TINY_CLIP, name)).isFile())
  return {
    commit: COMMIT,
    files: {
      ...Object.fromEntries(files.map((name) => [name, fs.readFileSync(path.join(TINY_CLIP, name))])),
      'README.md': Buffer.from('---\nlicense: apache-2.0\n---\n# Tiny CLIP\n\n![](https://example.org/x.png)\n'),
      LICENSE: Buffer.from('Apache License'),
      'pytorch_model.bin': Buffer.from('pickle'),
      'modeling.py': Buffer.from('import os'),
      'onnx/model.onnx': Buffer.from('onnx'),
    },
  }
}
