/** Photographs of apples on a table in two folders, as a camera saves them: ripe and unripe, two of them in the wrong folder. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'

export interface Photographs {
  readonly folder: string
  /** Paths of those that are in the wrong folder. */
  readonly wrong: readonly string[]
  remove(): void
}

const [width, height] = [320, 240]

/** A JPEG with the grain of a sensor, its pixels turned as its EXIF says. */
async function photograph(file: string, ripe: boolean, i: number): Promise<void> {
  const [x, y, r] = [100 + ((i * 37) % 120), 100 + ((i * 23) % 50), 44 + ((i * 11) % 26)]
  const [lit, dark] = ripe ? [`hsl(${4 + (i % 5) * 3} 82% 52%)`, '#6d0f12'] : [`hsl(${88 + (i % 5) * 5} 62% 52%)`, '#2b5417']
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <defs><radialGradient id="a" cx=".36" cy=".3" r=".8"><stop stop-color="${lit}"/><stop offset="1" stop-color="${dark}"/></radialGradient></defs>
    <rect width="${width}" height="150" fill="hsl(${(i * 53) % 360} 14% ${58 + (i % 4) * 6}%)"/>
    <rect y="150" width="${width}" height="90" fill="hsl(30 ${18 + (i % 3) * 9}% ${38 + (i % 5) * 4}%)"/>
    <ellipse cx="${x + 10}" cy="${y + r}" rx="${r * 1.1}" ry="${r * 0.22}" fill="#000" opacity=".35"/>
    <circle cx="${x}" cy="${y}" r="${r}" fill="url(#a)"/>
    <path d="M${x} ${y - r + 6}q4 -16 14 -22" stroke="#4a3520" stroke-width="5" fill="none" stroke-linecap="round"/></svg>`
  const grain = await sharp({
    create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma: 12 } },
  })
    .png()
    .toBuffer()
  const taken = await sharp(Buffer.from(svg))
    .flatten()
    .composite([{ input: grain, blend: 'soft-light' }])
    .png()
    .toBuffer()
  const turned = i % 3 === 0
  await sharp(taken)
    .rotate(turned ? 180 : 0)
    .jpeg({ quality: 86 })
    .withMetadata({ orientation: turned ? 3 : 1 })
    .toFile(file)
}

/** `each` photographs a class, one of each in the other's folder, and `unsorted` in a folder that is no class. */
export async function photographs(each: number, unsorted: number): Promise<Photographs> {
  const parent = mkdtempSync(join(tmpdir(), 'dashi-photographs-'))
  const folder = join(parent, 'apples')
  const wrong: string[] = []
  const made: Promise<void>[] = []
  for (const [k, name] of ['ripe', 'unripe'].entries()) {
    mkdirSync(join(folder, name), { recursive: true })
    for (let i = 0; i < each; i++) {
      const file = `${name}/IMG_${1000 * (k + 1) + i}.jpg`
      const other = i === 4
      if (other) wrong.push(file)
      made.push(photograph(join(folder, file), (k === 0) !== other, 2 * i + k))
    }
  }
  mkdirSync(join(folder, 'new'))
  for (let i = 0; i < unsorted; i++) made.push(photograph(join(folder, 'new', `IMG_${3000 + i}.jpg`), i % 2 === 0, 70 + i))
  await Promise.all(made)
  return { folder, wrong, remove: () => rmSync(parent, { recursive: true, force: true }) }
}
