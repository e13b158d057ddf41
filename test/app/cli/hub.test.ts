/** `dashi models` in the terminal. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { FakeHub } from '../hub/fake-hub.ts'
import { placeIn, tinyClip } from '../hub/shelf-of.ts'
import { terminal } from './terminal.ts'

let dir: string
let hub: FakeHub
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  dir = temporaryFolder()
  hub = await FakeHub.start()
  hub.models.set('lab/tiny-clip', tinyClip())
  const place = placeIn(dir, hub)
  dashi = await terminal(path.join(dir, 'cache'), { hub: place, modelFolders: () => [place.folder] })
})
afterAll(() => hub.close())

test('a model is downloaded once its licence is agreed to, is listed, is found by its name, and is removed', async () => {
  const asked = await dashi('models', 'get', 'lab/tiny-clip')
  expect(asked.code).toBe(2)
  expect(asked.stderr).toContain('licence: apache-2.0')
  expect(asked.stderr).toMatch(/downloading means agreeing to its licence \(apache-2\.0\); say so with --yes/)
  expect(fs.existsSync(path.join(dir, 'models'))).toBe(false)

  const got = await dashi('models', 'get', 'lab/tiny-clip', '--yes', '--json')
  expect(got.code, got.stderr).toBe(0)
  expect(JSON.parse(got.stdout)).toMatchObject({
    name: 'lab/tiny-clip',
    folder: path.join(dir, 'models', 'lab', 'tiny-clip'),
    licence: 'apache-2.0',
  })

  const { stdout } = await dashi('models')
  expect(stdout).toMatch(/lab\/tiny-clip +CLIP +embedImage/)
  const listed = JSON.parse((await dashi('models', 'list', '--json')).stdout) as { models: { name: string }[] }
  expect(listed.models.map((m) => m.name)).toEqual(['Nano', 'lab/tiny-clip'])

  expect((await dashi('models', 'remove', 'tiny-clip')).code).toBe(0)
  expect((await dashi('models', 'remove', 'tiny-clip')).code).toBe(2)
})

test('what goes wrong is one line', async () => {
  const none = await dashi('models', 'get', 'lab/none', '--yes')
  expect([none.code, none.stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('dashi: lab/none: no such model on')]])
  const name = await dashi('models', 'get', '../../x', '--yes')
  expect([name.code, name.stderr]).toEqual([2, expect.stringContaining('organisation/name')])
})

test('OpenAI’s own weights are converted to a folder that opens; a pickle is refused in one line', async () => {
  const [source, out] = [
    path.join(import.meta.dirname, '../../parity/models/open-clip/openai/ViT-tiny.safetensors'),
    path.join(dir, 'converted'),
  ]
  const made = await dashi('models', 'convert', source, out, '--json')
  expect(made.code, made.stderr).toBe(0)
  expect(JSON.parse(made.stdout)).toEqual({ family: 'CLIP', tensors: 46, tokenizer: false, folder: out })
  expect(made.stderr).toContain('no tokenizer lies beside the weights')
  expect((await openModel(out)).dim).toBe(32)

  fs.writeFileSync(path.join(dir, 'ViT-B-32.pt'), 'PK')
  const refused = await dashi('models', 'convert', path.join(dir, 'ViT-B-32.pt'), path.join(dir, 'other'))
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(/^dashi: .*ViT-B-32\.pt: a pickle can run any program, so it is never opened: .*\n$/)
})

test('an image tower and a text tower of two folders become one model; what has no such tower is refused in one line', async () => {
  const [image, text, out] = [goldenPath('families/dinov2'), TINY_CLIP, path.join(dir, 'joined')]
  const made = await dashi('models', 'join', image, text, out, '--dim', '16', '--json')
  expect(made.code, made.stderr).toBe(0)
  expect(JSON.parse(made.stdout)).toMatchObject({ dim: 16, folder: out })
  const model = await openModel(out)
  expect([model.dim, model.family.name]).toEqual([16, 'dual encoder'])
  model.close()
  const refused = await dashi('models', 'join', image, image, path.join(dir, 'other'))
  expect(refused.code).toBe(2)
  expect(refused.stderr).toMatch(
    /^dashi: .*config\.json: model_type: expected a model with one of these text towers: .*, found "dinov2"\n$/,
  )
})
