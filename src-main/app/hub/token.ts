/**
 * The token for models that only some accounts may have. It belongs to the address that it was given for: a mirror does not get the
 * hub's. HF_TOKEN, which whoever sets it may unset, comes first.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { errorLine, userError } from '#shared/errors.ts'
import { hubToken, type TokenPlace } from '#shared/model/hub.ts'
import { sentence } from '#shared/sentences/table.ts'
import { replaceText } from '../../files/atomic.ts'
import type { HubPlace } from '../context.ts'
import { keychainOf } from './keychain.ts'
import { endpointOf } from './place.ts'

/** By address: the token, or null if it is in the keychain, which is not asked otherwise, since it may ask the user. */
const stored = z.record(z.string(), z.string().nullable())
const fileOf = ({ secrets }: HubPlace) => path.join(secrets, 'hub-tokens.json')
const accountOf = (place: HubPlace) => new URL(endpointOf(place)).origin

export interface Token {
  readonly text: string
  readonly place: TokenPlace
}

export async function findToken(place: HubPlace): Promise<Token | null> {
  const given = place.env['HF_TOKEN']?.trim()
  if (given) {
    if (!hubToken.safeParse(given).success) throw userError(sentence('hub.token'))
    return { text: given, place: 'environment' }
  }
  const account = accountOf(place)
  const filed = inFile(place)[account]
  if (filed === undefined) return null
  if (filed !== null) return { text: filed, place: 'file' }
  const kept = await keychainOf(place.env)
    .find(account)
    .catch(() => null)
  return kept === null ? null : { text: kept, place: 'keychain' }
}

/**
 * Keeps a token in the keychain, or where there is none, in a file that only this user may read.
 * @returns where it is now
 */
export async function saveToken(place: HubPlace, token: string): Promise<TokenPlace> {
  const parsed = hubToken.safeParse(token.trim())
  if (!parsed.success) throw userError(sentence('hub.token'))
  const account = accountOf(place)
  try {
    const keychain = keychainOf(place.env)
    await keychain.store(account, parsed.data)
    if ((await keychain.find(account)) !== parsed.data) throw new Error('it does not read back')
  } catch (e) {
    note(place, account, parsed.data, errorLine(e))
    return 'file'
  }
  note(place, account, null)
  return 'keychain'
}

/** Forgets the token of this address, wherever it is kept. */
export async function forgetToken(place: HubPlace): Promise<void> {
  const account = accountOf(place)
  const before = inFile(place)[account]
  note(place, account, undefined)
  if (before === null)
    await keychainOf(place.env)
      .remove(account)
      .catch(() => undefined)
}

function inFile(place: HubPlace): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(fs.readFileSync(fileOf(place), 'utf8')))
  } catch {
    return {}
  }
}

/** @param why the keychain did not take it: said if the file cannot be written either */
function note(place: HubPlace, account: string, token: string | null | undefined, why = ''): void {
  const { [account]: _, ...others } = inFile(place)
  const file = fileOf(place)
  const all = token === undefined ? others : { ...others, [account]: token }
  if (!Object.keys(all).length) return fs.rmSync(file, { force: true })
  try {
    replaceText(file, `${JSON.stringify(all)}\n`, { mode: 0o600 })
  } catch (e) {
    throw why ? userError(sentence('hub.keychain', { reason: `${why}; ${errorLine(e)}` }), e) : e
  }
}
