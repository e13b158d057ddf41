/** Teaching an image tower to name crops, on plain colours that take a second. */
import { expect, test } from 'vitest'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { nanoConfig } from '../../../src-main/engine/models/nano.ts'
import { between, pretrainNames } from '../../../src-main/engine/pretrain/names.ts'
import { namesRecipe } from '../../../src-main/engine/pretrain/names-recipe.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

test('weights between two models lie on the line between them', () => {
  const from = new Map([['w', Float32Array.of(0, 4)]])
  const to = new Map([['w', Float32Array.of(1, 0)]])
  expect([...between(from, to, 0.75).get('w')!]).toEqual([0.75, 1])
  expect([...between(from, to, 0).get('w')!]).toEqual([0, 4])
})

test('a small tower learns to name crops, and its texts stay as they are', async () => {
  const raw = nanoConfig(40, 39)
  const model = architectureOf({
    ...raw,
    projection_dim: 8,
    text_config: { ...raw.text_config, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1 },
    vision_config: {
      ...raw.vision_config,
      ...{ image_size: 8, patch_size: 4, hidden_size: 24, intermediate_size: 48, num_hidden_layers: 1, num_attention_heads: 2 },
    },
  })
  const wide = 8 + namesRecipe.margin
  const rgb = (channel: number) => Uint8Array.from({ length: 3 * wide * wide }, (_, i) => (Math.floor(i / wide ** 2) === channel ? 255 : 0))
  const unit = (at: number, length: number) => Float32Array.from({ length: 8 }, (_, i) => (i === at ? length : 0))
  const rows = (length: number) => Float32Array.from([0, 1, 2].flatMap((at) => [...unit(at, length)]))
  const right: number[] = []
  const { losses, weights } = await pretrainNames({
    ...{ model, identity: 'colours', start: model.initial!(1), wordOf: [0, 1, 2], words: rows(10), pictures: rows(1) },
    crops: [0, 1, 2].map((picture) => ({ picture, rgb: rgb(picture) })),
    ...{ mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25], steps: 150, threads: 1, stateDir: temporaryFolder() },
    onMetrics: (_, __, metrics) => right.push(metrics['right']!),
  })
  expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!)
  expect(right.at(-1)).toBeGreaterThan(0.9)
  expect([...weights.keys()].filter((name) => name.startsWith('text'))).toEqual([])
})
