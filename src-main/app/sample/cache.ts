import { readFileSync } from 'node:fs'
import { open, readFile, readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { dataError, userError } from '#shared/errors.ts'
import { sampleIndexSchema, type SampleIndex } from '#shared/model/sample.ts'
import { mark, markedFiles, proveOwned, type Proof, writtenIn } from '../../files/owned.ts'
import { replaceFolder } from '../../files/replace.ts'
import { makeSample, sampleHash, sampleVersion, type SampleProgress } from './sample.ts'

/** Something that is drawn once and kept in the cache. */
export interface DrawnSet<I> {
  /** Begins its folder's name. */
  readonly name: string
  readonly version: number
  /** SHA-256 of its content as published figures were measured on; undefined where none are. */
  readonly hash?: string | undefined
  /** Of `index.json`. */
  readonly schema: z.ZodType<I>
  make(dir: string, onProgress?: SampleProgress): Promise<{ readonly hash: string }>
}

/** `complete.json` is written last: a folder without it is incomplete. */
const manifestSchema = z.object({ version: z.int(), hash: z.string(), bytes: z.record(z.string(), z.number()) })

export interface Drawn<I> {
  /** Absolute path of the folder that the index's paths are relative to. */
  dir: string
  index: I
  /**
   * Whether the pixels are those that published figures were measured on. If a platform's SVG renderer rounds
   * differently, the sample still works, but its figures are not exactly comparable.
   */
  verified: boolean
}

export type Sample = Drawn<SampleIndex>

const sampleSet: DrawnSet<SampleIndex> = {
  name: 'sample',
  version: sampleVersion,
  hash: sampleHash,
  schema: sampleIndexSchema,
  make: makeSample,
}

const dirOf = ({ name, version }: DrawnSet<unknown>, cache = process.env.DASHI_CACHE ?? join(homedir(), '.cache', 'dashi')) =>
  join(cache, `${name}-${version}`)
export const sampleDir = (cache?: string) => dirOf(sampleSet, cache)

export const openSample = (onProgress?: SampleProgress, dir = sampleDir(), make = makeSample): Promise<Sample> =>
  openDrawn({ ...sampleSet, make }, onProgress, dir)

/** Opens a set from the cache, drawing it first if it is missing or any of its files is missing or truncated. */
export async function openDrawn<I>(set: DrawnSet<I>, onProgress?: SampleProgress, dir = dirOf(set)): Promise<Drawn<I>> {
  const cached = await readCached(set, dir)
  if (cached) return cached
  let others: Drawn<I> | undefined
  const fill = async (beside: string) => {
    const { hash } = await set.make(beside, onProgress)
    const manifest = { version: set.version, hash, bytes: await sizes(beside) }
    const file = await open(join(beside, 'complete.json'), 'w')
    await file.writeFile(JSON.stringify(manifest))
    await file.sync()
    await file.close()
    mark(beside, 'sample')
    // If another process has meanwhile rendered the whole sample, its copy is used.
    others = await readCached(set, dir)
    if (others) throw new Error('there is one already')
  }
  try {
    await replaceFolder(dir, fill, { proof: proveSample })
  } catch (e) {
    others ??= await readCached(set, dir)
    if (!others) throw e
  }
  const made = others ?? (await readCached(set, dir))
  if (!made) throw dataError(dir, 'the sample was rendered, but does not read back; is the disk full?')
  return made
}

/** Proves that the folder holds nothing but a sample; samples older than marker files list their files in the manifest. */
const proveSample: Proof = (dir, name) => {
  if (markedFiles(dir, 'sample')) return proveOwned('sample', { as: 'owned.drawn', content: false })(dir, name)
  const drawn = new Set(['complete.json', ...Object.keys(manifestIn(dir)?.bytes ?? {})])
  const other = Object.keys(writtenIn(dir)).find((rel) => !drawn.has(rel))
  if (other !== undefined)
    throw userError(
      `${join(name, other)}: does not belong to the sample, so it is not replaced; move it away or choose another DASHI_CACHE`,
    )
}

function manifestIn(dir: string): z.infer<typeof manifestSchema> | undefined {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(dir, 'complete.json'), 'utf8')))
  } catch {
    return undefined
  }
}

async function readCached<I>(set: DrawnSet<I>, dir: string): Promise<Drawn<I> | undefined> {
  try {
    const manifest = manifestSchema.parse(JSON.parse(await readFile(join(dir, 'complete.json'), 'utf8')))
    if (manifest.version !== set.version) return undefined
    const found = await sizes(dir)
    if (!Object.entries(manifest.bytes).every(([file, bytes]) => found[file] === bytes)) return undefined
    const index = set.schema.parse(JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')))
    return { dir, index, verified: set.hash === undefined || manifest.hash === set.hash }
  } catch {
    return undefined // whatever is wrong with the cache, draw it again
  }
}

/** Size in bytes of every file below a folder, by relative path with '/'. */
async function sizes(dir: string, under = ''): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const entry of await readdir(join(dir, under), { withFileTypes: true })) {
    const path = under ? `${under}/${entry.name}` : entry.name
    if (entry.isDirectory()) Object.assign(found, await sizes(dir, path))
    else found[path] = (await stat(join(dir, path))).size
  }
  return found
}
