/** A folder as people have them: three classes in folders of their own, odd images among them, some that cannot be read, and files that are none. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'

const colours: Record<string, string> = { apple: '#c03028', leaf: '#3a8f3a', sky: '#3a78c0' }

export interface OddFolder {
  folder: string
  /** Paths of the images that cannot be read. */
  unreadable: string[]
  /** Puts one of them right. */
  mend(path: string): Promise<void>
  remove(): void
}

/** `each` plain images a class, 20 odd ones, 4 that cannot be read. */
export async function oddFolder(each = 16): Promise<OddFolder> {
  const parent = mkdtempSync(join(tmpdir(), 'dashi-odd-'))
  const folder = join(parent, 'garden')
  const at = (path: string) => join(folder, path)
  for (const name of Object.keys(colours)) mkdirSync(at(name), { recursive: true })
  const picture = (colour: string, i: number) =>
    sharp({ create: { width: 96, height: 72, channels: 3, background: colour } }).composite([
      {
        input: { create: { width: 8 + (i % 20), height: 6 + ((i * 7) % 20), channels: 3, background: '#f0e8d0' } },
        left: (i * 11) % 60,
        top: (i * 5) % 40,
      },
    ])
  for (const [name, colour] of Object.entries(colours))
    for (let i = 0; i < each; i++)
      await picture(colour, i)
        .png()
        .toFile(at(`${name}/${name} ${i + 1}.png`))
  /** As one that was decoded: what is asked of it comes after all that it was made of. */
  const p = async (i: number) =>
    sharp(
      await picture(Object.values(colours)[i % 3]!, i)
        .png()
        .toBuffer(),
    )
  const odd: Record<string, () => Promise<unknown>> = {
    'apple/turned.jpg': async () => (await p(0)).jpeg().withMetadata({ orientation: 6 }).toFile(at('apple/turned.jpg')),
    'apple/mirrored.jpg': async () => (await p(3)).jpeg().withMetadata({ orientation: 5 }).toFile(at('apple/mirrored.jpg')),
    'apple/grey.png': async () => (await p(0)).greyscale().png().toFile(at('apple/grey.png')),
    'apple/deep.png': async () => (await p(3)).toColourspace('rgb16').png().toFile(at('apple/deep.png')),
    'apple/through.png': async () => (await p(6)).ensureAlpha(0.4).png().toFile(at('apple/through.png')),
    'apple/four colours.jpg': async () => (await p(9)).toColourspace('cmyk').jpeg().toFile(at('apple/four colours.jpg')),
    'apple/りんご.webp': async () => (await p(0)).webp().toFile(at('apple/りんご.webp')),
    'leaf/progressive.jpg': async () => (await p(1)).jpeg({ progressive: true }).toFile(at('leaf/progressive.jpg')),
    'leaf/upper.JPG': async () => (await p(4)).jpeg().toFile(at('leaf/upper.JPG')),
    'leaf/called.png': async () => (await p(7)).jpeg().toFile(at('leaf/called.png')),
    'leaf/scan.tif': async () => (await p(1)).tiff().toFile(at('leaf/scan.tif')),
    'leaf/one.gif': async () => (await p(4)).gif().toFile(at('leaf/one.gif')),
    'leaf/small.png': async () => (await p(1)).resize(3, 2).png().toFile(at('leaf/small.png')),
    'leaf/wide.png': async () => (await p(7)).resize(1600, 20, { fit: 'fill' }).png().toFile(at('leaf/wide.png')),
    'sky/tall.png': async () => (await p(2)).resize(16, 1200, { fit: 'fill' }).png().toFile(at('sky/tall.png')),
    'sky/modern.avif': async () => (await p(5)).avif({ effort: 0 }).toFile(at('sky/modern.avif')),
    'sky/palette.png': async () => (await p(8)).png({ palette: true }).toFile(at('sky/palette.png')),
    'sky/lossless.webp': async () => (await p(2)).webp({ lossless: true }).toFile(at('sky/lossless.webp')),
    'sky/a # name? 100% & more.png': async () => (await p(5)).png().toFile(at('sky/a # name? 100% & more.png')),
    'sky/twice.png': () => picture(colours['sky']!, 1).png().toFile(at('sky/twice.png')),
  }
  for (const make of Object.values(odd)) await make()
  const whole = await (await p(1)).resize(400, 300).png().toBuffer()
  const jpeg = await (await p(1)).resize(400, 300).jpeg().toBuffer()
  writeFileSync(at('apple/cut off.jpg'), jpeg.subarray(0, jpeg.length - 400))
  writeFileSync(at('leaf/empty.png'), '')
  writeFileSync(
    at('leaf/phone.heic'),
    Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(200)]),
  )
  writeFileSync(at('sky/text.png'), 'this is no picture')
  writeFileSync(at('film.mp4'), 'film')
  writeFileSync(at('drawing.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(at('leaf/photo.cr2'), 'raw')
  const unreadable = ['apple/cut off.jpg', 'leaf/empty.png', 'leaf/phone.heic', 'sky/text.png']
  return {
    folder,
    unreadable,
    mend: async (path) => writeFileSync(at(path), path.endsWith('.jpg') ? jpeg : whole),
    remove: () => rmSync(parent, { recursive: true, force: true }),
  }
}
