/** Training a detector from scratch, on coloured squares that take a second instead of an hour. */
import { describe, expect, test } from 'vitest'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { nanoDetectConfig } from '../../../src-main/engine/models/nano-detect.ts'
import { detectRecipe } from '../../../src-main/engine/pretrain/detect-recipe.ts'
import { refinerStart } from '../../../src-main/engine/pretrain/detect-start.ts'
import { pretrainDetector } from '../../../src-main/engine/pretrain/detect.ts'
import { patchTargets, showPatches } from '../../../src-main/engine/pretrain/patches.ts'
import type { DrawScene, Scene } from '../../../src-main/engine/pretrain/scene.ts'
import { turnedScenes } from '../../../src-main/engine/pretrain/turned.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const SIDE = 32
const PATCH = 8
/** Red, green and blue squares. */
const draw: DrawScene = (number, out, offset) => {
  const rng = Rng.of(7, number)
  const owner = new Uint8Array(SIDE * SIDE)
  const objects = [0, 1].map((i) => {
    const [concept, side] = [rng.int(3), 10 + rng.int(5)]
    const [x0, y0] = [16 * i + rng.int(16 - side + 1), rng.int(SIDE - side + 1)]
    for (let y = y0; y < y0 + side; y++)
      for (let x = x0; x < x0 + side; x++) {
        owner[y * SIDE + x] = i + 1
        out[offset + concept * SIDE * SIDE + y * SIDE + x] = 2
      }
    return { concept, box: [(x0 + side / 2) / SIDE, (y0 + side / 2) / SIDE, side / SIDE, side / SIDE] as const }
  })
  return { owner, objects }
}

test('a small detector learns which patches answer for an object, and where it ends', async () => {
  const raw = nanoDetectConfig(40, 39)
  const model = architectureOf({
    ...raw,
    text_config: { ...raw.text_config, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1 },
    projection_dim: 8,
    vision_config: {
      ...raw.vision_config,
      ...{ image_size: SIDE, patch_size: PATCH, hidden_size: 24, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 2 },
    },
  })
  const rng = Rng.of(1)
  const start = new Map(
    [...model.tensors.shapes()].map(([name, shape]) => {
      const norm = /norm\d?\.weight$/.test(name)
      return [name, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (norm ? 1 : rng.normal() * 0.15))] as const
    }),
  )
  const word = (at: number) => Float32Array.from({ length: 8 }, (_, i) => (i === at ? 1 : 0))
  const told: Record<string, number>[] = []
  const { losses, weights } = await pretrainDetector({
    model,
    recipe: detectRecipe,
    start,
    identity: 'squares',
    anything: [word(0), word(1)],
    scene: draw,
    steps: 200,
    stateDir: temporaryFolder(),
    onMetrics: (_, __, metrics) => told.push(metrics),
  })
  expect(losses).toHaveLength(200)
  const mean = (name: string, from: number, to: number) => told.slice(from, to).reduce((sum, m) => sum + m[name]!, 0) / (to - from)
  expect(mean('score', 160, 180)).toBeGreaterThan(mean('score', 0, 20) + 0.1)
  expect(mean('focal', 160, 180)).toBeLessThan(0.5 * mean('focal', 0, 20))
  expect(mean('giou', 160, 180)).toBeLessThan(0.7 * mean('giou', 0, 20))
  expect(weights.get('owlvit.text_projection.weight')).toBeUndefined() // texts stay as they are
})

describe('what the patches of a scene show', () => {
  const show = (scene: Scene) => {
    const t = patchTargets(16)
    showPatches(scene, 4, PATCH, t, 0)
    return t
  }
  const square = (x0: number, y0: number, side: number): Scene => {
    const owner = new Uint8Array(SIDE * SIDE)
    for (let y = y0; y < y0 + side; y++) owner.fill(1, y * SIDE + x0, y * SIDE + x0 + side)
    return { owner, objects: [{ concept: 5, box: [(x0 + side / 2) / SIDE, (y0 + side / 2) / SIDE, side / SIDE, side / SIDE] }] }
  }

  test('patches of an object know its box; those in its middle answer for it, those at its edge for nothing', () => {
    const { share, core, decided, boxes } = show(square(0, 0, 24))
    expect([...share].map((s) => (s ? 1 : 0))).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0])
    expect([...core].flatMap((c, i) => (c ? [i] : []))).toEqual([5])
    expect([...decided].flatMap((d, i) => (d ? [] : [i]))).toEqual([0, 1, 2, 4, 6, 8, 9, 10])
    expect([...boxes.subarray(20, 24)]).toEqual([0.375, 0.375, 0.75, 0.75])
  })

  test('one patch answers even for an object that fills none', () => {
    const { core, share } = show(square(14, 14, 4))
    expect([...core].filter(Boolean)).toHaveLength(1)
    expect([...share].filter(Boolean)).toHaveLength(1)
  })
})

test('a scene is shown again in eight ways, in each of which its boxes and pixels still fit', () => {
  let drawn = 0
  const scenes = turnedScenes((number, out, offset) => (drawn++, draw(number, out, offset)), SIDE, 2)
  const seen = new Set<string>()
  for (let round = 0; round < 8; round++) {
    const pixels = new Float32Array(3 * SIDE * SIDE)
    const { owner, objects } = scenes(2 * round + 1, pixels, 0)
    seen.add(owner.join(''))
    objects.forEach(({ concept, box: [x, y, w, h] }, i) => {
      const at = [...owner.keys()].filter((k) => owner[k] === i + 1)
      const [columns, rows] = [at.map((k) => k % SIDE), at.map((k) => Math.floor(k / SIDE))]
      const edges = [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1]
      expect([x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((e) => Math.round(e * SIDE))).toEqual(edges)
      for (const k of at) expect(pixels[concept * SIDE * SIDE + k]).toBeCloseTo(2, 1)
    })
  }
  expect(seen.size).toBe(8)
  expect(drawn).toBe(1)
})

test('the model that looks again starts as the detector on the upper left of its grid, with larger boxes', () => {
  const shapes = new Map([
    ['owlvit.vision_model.embeddings.position_embedding.weight', [1 + 4, 2]],
    ['box_head.dense2.bias', [4]],
    ['layer_norm.weight', [2]],
  ])
  // The class token's row is -1; that of a patch is 10 · row + column, twice.
  const places = [-1, 0, 1, 2, 10, 11, 12, 20, 21, 22].flatMap((x) => [x, x])
  const detector: Record<string, number[]> = { 'box_head.dense2.bias': [1, 2, 3, 4], 'layer_norm.weight': [5, 6] }
  const start = refinerStart(shapes, (name) => Float32Array.from(detector[name] ?? places))
  expect([...start.get('owlvit.vision_model.embeddings.position_embedding.weight')!]).toEqual([-1, 0, 1, 10, 11].flatMap((x) => [x, x]))
  expect([...start.get('layer_norm.weight')!]).toEqual([5, 6])
  const [cx, cy, w, h] = start.get('box_head.dense2.bias')!
  expect([cx, cy]).toEqual([1, 2])
  expect(w).toBeGreaterThan(3)
  expect(h! - w!).toBeCloseTo(1)
})
