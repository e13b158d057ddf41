import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sampleIndexSchema, type SampleIndex } from '#shared/model/sample.ts'
import { makeSample, sampleHash, sampleVersion, type SampleProgress } from './sample.ts'

/** `complete.json`: written last, so that a folder without it was left half-made. */
const manifestSchema = z.object({ version: z.literal(sampleVersion), hash: z.string(), bytes: z.record(z.string(), z.number()) })

export interface Sample {
  /** Absolute path of the folder that the index's files are relative to. */
  dir: string
  index: SampleIndex
  /**
   * Whether the pixels are the ones on which published figures were measured. Where a platform's SVG renderer rounds
   * otherwise the sample still works, but its figures are not comparable to the bit.
   */
  verified: boolean
}

export const sampleDir = (cache = process.env.DASHI_CACHE ?? join(homedir(), '.cache', 'dashi')) => join(cache, `sample-${sampleVersion}`)

/** The sample from the cache; rendered first where it is missing or a file of it is gone or cut short. */
export async function openSample(onProgress?: SampleProgress, dir = sampleDir(), make = makeSample): Promise<Sample> {
  const cached = await readCached(dir)
  if (cached) return cached
  const beside = `${dir}.${randomUUID()}.part`
  await mkdir(beside, { recursive: true })
  try {
    const { hash } = await make(beside, onProgress)
    const manifest = { version: sampleVersion, hash, bytes: await sizes(beside) }
    const file = await open(join(beside, 'complete.json'), 'w')
    await file.writeFile(JSON.stringify(manifest))
    await file.sync()
    await file.close()
    await replace(beside, dir)
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
  const made = await readCached(dir)
  if (!made) throw dataError(dir, 'the sample was rendered, but does not read back; is the disk full?')
  return made
}

/** Where another process has put a whole sample there meanwhile, that one is kept. */
async function replace(beside: string, dir: string) {
  if (await readCached(dir)) return
  await rm(dir, { recursive: true, force: true })
  await rename(beside, dir).catch(async (e: unknown) => {
    if (!(await readCached(dir))) throw e
  })
}

async function readCached(dir: string): Promise<Sample | undefined> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(dir, 'complete.json'), 'utf8')))
    const found = await sizes(dir)
    if (!Object.entries(manifest.bytes).every(([file, bytes]) => found[file] === bytes)) return undefined
    const index = sampleIndexSchema.parse(JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')))
    return { dir, index, verified: manifest.hash === sampleHash }
  } catch {
    return undefined // whatever is wrong with a cache, making it anew is the answer
  }
}

/** Bytes of every file under a folder, by relative path with '/'. */
async function sizes(dir: string, under = ''): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const entry of await readdir(join(dir, under), { withFileTypes: true })) {
    const path = under ? `${under}/${entry.name}` : entry.name
    if (entry.isDirectory()) Object.assign(found, await sizes(dir, path))
    else found[path] = (await stat(join(dir, path))).size
  }
  return found
}
