/** How the hub is reached from here: its address, and whether it may be asked at all. */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext, HubPace, HubPlace } from '../context.ts'

const HUB = 'https://huggingface.co'

const pace: HubPace = { attempts: 6, first: 500, most: 30_000, stall: 60_000, patience: 10 * 60_000 }
export const paceOf = (place: HubPlace): HubPace => ({ ...pace, ...place.pace })

/** @throws a user error where the program has no place for downloads */
export function hubOf({ hub }: Pick<AppContext, 'hub'>): HubPlace {
  if (!hub) throw userError(sentence('hub.no-place'))
  return hub
}

/** The hub's address, or the mirror's that HF_ENDPOINT names, without a slash at its end. */
export function endpointOf({ env }: HubPlace): string {
  const given = env['HF_ENDPOINT']?.trim() || HUB
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash)
    throw userError(sentence('hub.endpoint', { found: given.slice(0, 200) }))
  return url.href.replace(/\/+$/, '')
}

/** As `huggingface_hub` reads it. */
export const isOffline = ({ env }: HubPlace): boolean =>
  [env['HF_HUB_OFFLINE'], env['TRANSFORMERS_OFFLINE']].some((value) => /^(1|on|yes|true)$/i.test(value ?? ''))

/** @throws a user error that says how to go on without a network */
export function refuseOffline(place: HubPlace): void {
  if (isOffline(place)) throw userError(sentence('hub.offline', { endpoint: endpointOf(place) }))
}

/** Bytes that this user may still write there; null if the system does not say. `folder` need not exist yet. */
export function freeIn(folder: string): number | null {
  for (let at = path.resolve(folder); ; at = path.dirname(at)) {
    try {
      const { bavail, bsize, blocks } = fs.statfsSync(at)
      return blocks > 0 ? bavail * bsize : null
    } catch {
      if (path.dirname(at) === at) return null
    }
  }
}
