/** What downloading a model would do, asked of the hub and shown before it begins. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { type HubPlan, HUB_ORIGIN_FILE, hubName, hubOrigin, type HubOrigin, hubRevision } from '#shared/model/hub.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import { families, familyOf } from '../../engine/models/index.ts'
import type { HubPlace } from '../context.ts'
import { heldOf } from './fetch-file.ts'
import { type Asked, get, persistently, received, Watchdog } from './http.ts'
import { chosenFiles, type HubFile, hubInfo, type HubInfo, INDEX, lackIn, licenceIn } from './listing.ts'
import { endpointOf, freeIn, paceOf, refuseOffline } from './place.ts'
import { findToken } from './token.ts'

export interface Planned extends HubPlan {
  readonly hashed: readonly HubFile[]
  readonly token: string | null
}

/** Folder of the blobs of a model's unfinished downloads; hidden, so that no list of models looks into it. */
export const storeOf = ({ folder }: HubPlace, name: string): string => path.join(folder, '.downloads', name.replace('/', '--'))

const MOST_LISTING = 32 * 2 ** 20
const MOST_CONFIG = 4 * 2 ** 20

/** @throws what is to be done where the model cannot be had: offline, unknown, gated */
export async function planOf(
  place: HubPlace,
  { name, revision = 'main' }: { readonly name: string; readonly revision?: string },
  signal: AbortSignal,
): Promise<Planned> {
  if (!hubName.safeParse(name).success) throw userError(sentence('hub.name', { name: name.slice(0, 200) }))
  if (!hubRevision.safeParse(revision).success) throw userError(sentence('hub.revision', { revision: revision.slice(0, 200) }))
  refuseOffline(place)
  const endpoint = endpointOf(place)
  const token = (await findToken(place))?.text ?? null
  const asked = { name, revision, token }
  const listing = `${endpoint}/api/models/${name}/revision/${encodeURIComponent(revision)}?blobs=true`
  const info = infoIn(await textAt(place, listing, asked, MOST_LISTING, signal), endpoint)
  if (info.disabled) throw userError(sentence('hub.disabled', { name, endpoint }))
  const files = chosenFiles(info.siblings)
  const contents = (file: HubFile, most: number) => contentsOf(place, file, { ...asked, revision: info.sha }, most, signal)
  const family = await familyFor(files, contents)
  const problem = lackIn(info.siblings, files) ?? family.problem ?? (await missingShard(files, contents))
  const folder = folderFor(place, name, info.sha)
  const store = storeOf(place, name)
  return {
    name,
    endpoint,
    revision,
    commit: info.sha,
    folder,
    there: originIn(folder)?.commit === info.sha,
    files: files.map(({ path, bytes }) => ({ path, bytes })),
    bytes: files.reduce((sum, f) => sum + f.bytes, 0),
    held: files.reduce((sum, f) => sum + heldOf(store, f), 0),
    free: freeIn(place.folder),
    licence: licenceIn(info),
    gated: Boolean(info.gated),
    family: family.name,
    can: family.can,
    problem,
    hashed: files,
    token,
  }
}

function infoIn(json: string, endpoint: string): HubInfo {
  try {
    return hubInfo.parse(JSON.parse(json))
  } catch (e) {
    const problem = e instanceof z.ZodError ? `${e.issues[0]?.path.join('.')}: ${e.issues[0]?.message}` : 'not JSON'
    throw userError(sentence('hub.unexpected', { endpoint, problem }), e)
  }
}

type Contents = (file: HubFile, most: number) => Promise<string>

async function familyFor(files: readonly HubFile[], contents: Contents): Promise<Pick<HubPlan, 'family' | 'can'> & Found> {
  const file = files.find((f) => f.path === 'config.json')
  const none = { name: null, family: null, can: [], problem: null }
  if (!file) return none
  const raw = z.record(z.string(), z.unknown()).safeParse(parsed(await contents(file, MOST_CONFIG)))
  const family = raw.success ? familyOf(raw.data) : undefined
  if (family) return { name: family.name, family: family.name, can: [...family.can], problem: null }
  const found = JSON.stringify(raw.data?.['model_type'] ?? null).slice(0, 60)
  return { ...none, problem: sentence('hub.unsupported', { found, families: families.map((f) => f.name).join(', ') }) }
}
interface Found {
  readonly name: string | null
  readonly problem: Sentence | null
}

const index = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

/** All files that a shard index names have to be there. */
async function missingShard(files: readonly HubFile[], contents: Contents): Promise<Sentence | null> {
  const file = files.find((f) => f.path === INDEX)
  if (!file) return null
  const found = index.safeParse(parsed(await contents(file, MOST_LISTING)))
  const there = new Set(files.map((f) => f.path))
  const missing = Object.values(found.data?.weight_map ?? {}).find((name) => !there.has(name))
  return missing === undefined ? null : sentence('hub.shard-missing', { file: missing.slice(0, 120) })
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** A small file, without keeping it. */
async function contentsOf(place: HubPlace, file: HubFile, asked: Asked, most: number, signal: AbortSignal): Promise<string> {
  const text = await textAt(place, urlOf(place, asked.name, asked.revision, file.path), { ...asked, file: file.path }, most, signal)
  const bytes = Buffer.from(text)
  const hash = file.hash.kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${bytes.byteLength}\0`)
  const found = hash.update(bytes).digest('hex')
  if (found === file.hash.hex) return text
  throw userError(sentence('hub.wrong-hash', { file: file.path, expected: file.hash.hex.slice(0, 12), found: found.slice(0, 12) }))
}

async function textAt(place: HubPlace, url: string, asked: Asked, most: number, signal: AbortSignal): Promise<string> {
  const { host } = new URL(url)
  return persistently(
    place,
    async () => {
      const dog = new Watchdog(paceOf(place).stall, signal)
      try {
        const response = await get(place, url, asked, dog.signal)
        const parts: Uint8Array[] = []
        let size = 0
        for await (const part of received(response, dog)) {
          size += part.byteLength
          if (size > most)
            throw userError(sentence('hub.unexpected', { endpoint: host, problem: sentence('file.too-large', { size, limit: most }) }))
          parts.push(part)
        }
        return Buffer.concat(parts).toString('utf8')
      } finally {
        dog.end()
      }
    },
    { signal, failed: ({ reason }) => userError(sentence('hub.unreachable', { host, reason })) },
  )
}

export const urlOf = (place: HubPlace, name: string, commit: string, file: string): string =>
  `${endpointOf(place)}/${name}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`

/** Another revision than the one that is there gets a folder beside it: what was trained from a model keeps it. */
function folderFor({ folder }: HubPlace, name: string, commit: string): string {
  const plain = path.join(folder, ...name.split('/'))
  if (!fs.existsSync(plain) || originIn(plain)?.commit === commit) return plain
  return `${plain}@${commit.slice(0, 8)}`
}

/** Where a downloaded model came from; null if it was not downloaded. */
export function originIn(folder: string): HubOrigin | null {
  try {
    return hubOrigin.parse(JSON.parse(fs.readFileSync(path.join(folder, HUB_ORIGIN_FILE), 'utf8')))
  } catch {
    return null
  }
}
