import { Rng } from '../data/rng.ts'
import { sizeOf } from '../graph/graph.ts'
import type { ClipConfig } from './clip-config.ts'

/**
 * Initial weights of an untrained CLIP (openai/CLIP model.py initialize_parameters): embeddings N(0, .02) and N(0,
 * .01), projections scaled by width and depth, norms 1 and 0, biases 0. Each tensor has its own random stream,
 * derived from the seed and its index. Two image tensors start from structure instead, because small data sets learn
 * it slowly: patch filters are cosines, and positions are sinusoids (Beyer et al. 2022, "Better plain ViT
 * baselines").
 */
export function initialClip(c: ClipConfig, shapes: ReadonlyMap<string, readonly number[]>, seed: number): Map<string, Float32Array> {
  const tensors = [...shapes].map(([name, shape], i) => {
    const rng = Rng.of(seed, i)
    const std = spread(name, c)
    const data = new Float32Array(sizeOf(shape))
    if (typeof std === 'number') data.forEach((_, k) => (data[k] = rng.normal() * std))
    else data.fill(std.fill)
    return [name, data] as const
  })
  const { hidden_size: d, patch_size, image_size, num_channels } = c.vision_config
  const all = new Map(tensors)
  if (num_channels === 3) all.set('vision_model.embeddings.patch_embedding.weight', cosinePatches(d, patch_size))
  all.get('vision_model.embeddings.position_embedding.weight')!.set(sinusoids2d(Math.floor(image_size / patch_size), d), d)
  return all
}

/**
 * Patch filters [d, 3, p, p]: two-dimensional cosines (DCT-II) of rising frequency on brightness and two opponent
 * colours, in the ratio two to one. Natural images have amplitude ~1/f at frequency f, so filters are scaled by f to
 * give all token entries a similar size.
 */
function cosinePatches(d: number, p: number): Float32Array<ArrayBuffer> {
  const colours = [
    [1, 1, 1],
    [1, -1, 0],
    [0.5, 0.5, -1],
  ].map((v) => v.map((x) => x / Math.hypot(...v)))
  const waves = Array.from({ length: p * p }, (_, i) => ({ u: i % p, v: Math.floor(i / p) })).sort(
    (a, b) => a.u ** 2 + a.v ** 2 - (b.u ** 2 + b.v ** 2) || a.u - b.u,
  )
  const used = [0, 0, 0]
  const filters = new Float32Array(d * 3 * p * p)
  for (let k = 0; k < d; k++) {
    const colour = [0, 1, 0, 2][k % 4]!
    const { u, v } = waves[used[colour]!++ % waves.length]!
    const gain = (0.5 + Math.hypot(u, v)) / p
    for (let ch = 0; ch < 3; ch++)
      for (let y = 0; y < p; y++)
        for (let x = 0; x < p; x++)
          filters[((k * 3 + ch) * p + y) * p + x] =
            (gain * colours[colour]![ch]! * Math.cos((Math.PI * u * (x + 0.5)) / p) * Math.cos((Math.PI * v * (y + 0.5)) / p)) / p
  }
  return filters
}

/**
 * Sinusoidal positions [g·g, d] of a grid: a quarter each of sin and cos along x and y, wavelengths up to 10⁴ (MAE,
 * pos_embed.py), scaled to be small relative to the tokens.
 */
function sinusoids2d(g: number, d: number): Float32Array<ArrayBuffer> {
  const quarter = Math.floor(d / 4)
  const out = new Float32Array(g * g * d)
  for (let i = 0; i < g * g; i++)
    for (let k = 0; k < quarter; k++) {
      const f = 10_000 ** (-k / quarter)
      const [x, y] = [(i % g) * f, Math.floor(i / g) * f]
      ;[Math.sin(x), Math.cos(x), Math.sin(y), Math.cos(y)].forEach((value, q) => (out[i * d + q * quarter + k] = value * 0.3))
    }
  return out
}

function spread(name: string, c: ClipConfig): number | { fill: number } {
  if (name === 'logit_scale') return { fill: c.logit_scale_init_value }
  if (/norm\d?\.weight$/.test(name)) return { fill: 1 }
  if (name.endsWith('.bias')) return { fill: 0 }
  const t = name.startsWith('text') ? c.text_config : c.vision_config
  const width = t.hidden_size
  const residual = width ** -0.5 * (2 * t.num_hidden_layers) ** -0.5
  if (name.includes('token_embedding')) return 0.02
  if (name.includes('text_model.embeddings.position')) return 0.01
  if (/(q|k|v)_proj/.test(name)) return width ** -0.5
  if (name.includes('out_proj') || name.includes('fc2')) return residual
  if (name.includes('fc1')) return (2 * width) ** -0.5
  if (name.includes('patch_embedding')) return (c.vision_config.num_channels * c.vision_config.patch_size ** 2) ** -0.5
  return width ** -0.5 // class and position embeddings of the image tower, both projections
}
