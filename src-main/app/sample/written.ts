/** Writing drawn pictures, and the hash of all that was written, which does not depend on how PNG compresses. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mapLimit } from './pool.ts'
import { sharp } from '../../engine/data/index.ts'

/** A folder that is being filled. */
export class Written {
  private readonly digests = new Map<string, string>()

  constructor(private readonly dir: string) {}

  /** @param rgb [height, width, 3] */
  async picture(file: string, rgb: Uint8Array, width: number, height: number): Promise<void> {
    this.digests.set(file, pictureDigest(rgb, width, height))
    const path = join(this.dir, file)
    await mkdir(dirname(path), { recursive: true })
    await sharp(rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path)
  }

  async json(file: string, value: unknown): Promise<void> {
    const text = `${JSON.stringify(value)}\n`
    this.digests.set(file, textDigest(text))
    await writeFile(join(this.dir, file), text)
  }

  /** SHA-256 over the pixels and texts. */
  hash(): string {
    return contentHash(this.digests)
  }
}

/** The same of files on disk; decodes every picture. */
export async function hashOfFiles(dir: string, pictures: readonly string[], texts: readonly string[]): Promise<string> {
  const ofPicture = async (file: string) => {
    const { data, info } = await sharp(join(dir, file)).raw().toBuffer({ resolveWithObject: true })
    return [file, pictureDigest(data, info.width, info.height)] as const
  }
  const ofText = async (file: string) => [file, textDigest(await readFile(join(dir, file), 'utf8'))] as const
  return contentHash(new Map([...(await mapLimit(pictures, ofPicture)), ...(await mapLimit(texts, ofText))]))
}

const textDigest = (text: string) => createHash('sha256').update(text).digest('hex')
const pictureDigest = (rgb: Uint8Array, width: number, height: number) =>
  createHash('sha256').update(`${width}x${height}\n`).update(rgb).digest('hex')

function contentHash(digests: ReadonlyMap<string, string>): string {
  const lines = [...digests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, digest]) => `${file} ${digest}\n`)
  return textDigest(lines.join(''))
}
