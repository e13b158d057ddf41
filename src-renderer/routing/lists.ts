/** Lists of images that are too long for an address. The latest few are kept in the browser under short names, shared by all tabs. */
import { listIds, listText } from './address.ts'

const longest = 1500
const place = 'dashi:lists'
const kept = 8
/** In characters; browsers allow some millions. */
const most = 400_000

type Stored = [name: string, text: string][]
function stored(): Stored {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(place) ?? '[]')
    return Array.isArray(all) ? (all as Stored).filter((e) => Array.isArray(e) && e.every((s) => typeof s === 'string')) : []
  } catch {
    return []
  }
}

/** A name from the text's FNV-1a hash: the same list always has the same address. */
function nameOf(text: string): string {
  let [a, b] = [0x811c9dc5, 0x1000193]
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193) >>> 0
    b = (Math.imul(b, 31) + text.charCodeAt(i)) >>> 0
  }
  return `${a.toString(36)}${b.toString(36)}`
}

/** Recently written lists; stored once an address that names them is kept. */
const written = new Map<string, string>()
const texts = new WeakMap<readonly number[], string>()

/** The list as written in an address. */
export function keptList(ids: readonly number[]): string {
  let text = texts.get(ids)
  if (text === undefined) texts.set(ids, (text = listText(ids)))
  if (text.length <= longest) return text
  const name = nameOf(text)
  written.delete(name)
  written.set(name, text)
  if (written.size > kept) written.delete(written.keys().next().value!)
  return `~${name}`
}

/** Stores the lists that an address names. */
export function keepLists(address: string): void {
  const named = [...address.matchAll(/=~([0-9a-z]+)/g)].flatMap(([, name]) =>
    written.has(name!) ? [[name!, written.get(name!)!] as [string, string]] : [],
  )
  if (!named.length) return
  const before = stored()
  if (named.every(([name]) => before.some(([n]) => n === name))) return
  const next: Stored = [...before.filter(([n]) => !named.some(([name]) => name === n)), ...named]
  while (next.length > kept || (next.length > 1 && next.reduce((s, [, t]) => s + t.length, 0) > most)) next.shift()
  try {
    localStorage.setItem(place, JSON.stringify(next))
  } catch {
    // full or private browser storage: the list is known until the page is closed
  }
}

/** Null if the list is not known here, or no longer. */
export function idsOfList(text: string): number[] | null {
  if (!text.startsWith('~')) return listIds(text)
  const name = text.slice(1)
  const found = written.get(name) ?? stored().find(([n]) => n === name)?.[1]
  return found === undefined ? null : listIds(found)
}
