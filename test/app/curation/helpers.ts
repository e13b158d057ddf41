import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp, { type Sharp } from 'sharp'
import type { AppContext } from '../../../src-main/app/context.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { engine } from '../../helpers/engine.ts'

export const NANO = fileURLToPath(new URL('../../../resources/nano', import.meta.url))

export const appContext = async (cache: string): Promise<AppContext> => ({ engine: await engine(), nano: NANO, cache })

/** A picture of random shapes, the same for the same number. */
export function picture(seed: number): Sharp {
  const rng = Rng.of(seed)
  const colour = () => `hsl(${rng.int(360)},${30 + rng.int(70)}%,${20 + rng.int(60)}%)`
  const shapes = Array.from({ length: 9 }, () => {
    const [x, y, s] = [rng.int(160), rng.int(120), 10 + rng.int(50)]
    return rng.chance(0.5)
      ? `<circle cx="${x}" cy="${y}" r="${s / 2}" fill="${colour()}"/>`
      : `<rect x="${x}" y="${y}" width="${s}" height="${s * (0.5 + rng.uniform())}" fill="${colour()}"/>`
  })
  return sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="160" height="120"><rect width="160" height="120" fill="${colour()}"/>${shapes.join('')}</svg>`,
    ),
  )
}

/**
 * Below `dir`: `one-0.png` … that are not alike; of the first, `copy.png` is a copy byte by byte, and of the second, `small.jpg`
 * is a smaller and coarser one. `broken.png` is no picture.
 */
export async function pictures(dir: string, count = 8): Promise<string[]> {
  fs.mkdirSync(path.join(dir, 'again'), { recursive: true })
  const names = Array.from({ length: count }, (_, i) => `one-${i}.png`)
  await Promise.all(
    names.map((name, i) =>
      picture(i + 1)
        .png()
        .toFile(path.join(dir, name)),
    ),
  )
  fs.copyFileSync(path.join(dir, 'one-0.png'), path.join(dir, 'again/copy.png'))
  await sharp(await picture(2).png().toBuffer())
    .resize(120, 90)
    .jpeg({ quality: 60 })
    .toFile(path.join(dir, 'again/small.jpg'))
  fs.writeFileSync(path.join(dir, 'broken.png'), 'not a picture')
  return [...names, 'again/copy.png', 'again/small.jpg', 'broken.png']
}
