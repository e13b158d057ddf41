/** Unsent changes in IndexedDB, by project and window. If a window closes, the next one that opens the project takes over its changes. */
import type { Change } from './changes.ts'
import type { OutboxStore } from './outbox.ts'

/** The change as JSON text: reactive proxies cannot be stored. */
interface Row {
  window: string
  op: string
  project: string
  text: string
}
const rowOf = (window: string, change: Change): Row => ({ window, op: change.op, project: change.project, text: JSON.stringify(change) })

const lockOf = (window: string) => `dashi:window:${window}`
/** How long (ms) a reloaded page waits for its predecessor to close. */
const patience = 500

/** Identifies this window across reloads; a duplicated tab gets an id of its own. */
async function claimWindow(): Promise<string> {
  const kept = 'dashi:window'
  const hold = (name: string) =>
    new Promise<boolean>((resolve) => {
      void navigator.locks
        .request(lockOf(name), { signal: AbortSignal.timeout(patience) }, () => {
          resolve(true)
          return new Promise(() => undefined) // until the page is closed
        })
        .catch(() => resolve(false))
    })
  const before = sessionStorage.getItem(kept)
  if (before && (await hold(before))) return before
  const name = crypto.randomUUID()
  await hold(name)
  sessionStorage.setItem(kept, name)
  return name
}

const isAlone = (window: string): Promise<boolean> =>
  navigator.locks.request(lockOf(window), { ifAvailable: true }, (lock) => lock !== null)

const asked = <T>(request: IDBRequest<T>) =>
  new Promise<T>((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the database failed'))
  })

async function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open('dashi', 1)
  request.onupgradeneeded = () =>
    request.result.createObjectStore('outbox', { autoIncrement: true }).createIndex('op', 'op', { unique: true })
  return asked(request)
}

export class BrowserOutboxStore implements OutboxStore {
  private readonly window = claimWindow()
  private readonly database = openDatabase()
  /** Serialises writes. */
  private last: Promise<unknown> = Promise.resolve()

  /** If the browser stores nothing (private window, full disk), changes are still in memory. */
  private write(body: (rows: IDBObjectStore, window: string) => Promise<void>): void {
    this.last = this.last
      .then(async () => {
        const [database, window] = await Promise.all([this.database, this.window])
        await body(database.transaction('outbox', 'readwrite').objectStore('outbox'), window)
      })
      .catch(() => undefined)
  }

  put(changes: readonly Change[]): void {
    this.write(async (rows, window) => {
      await Promise.all(changes.map((change) => asked(rows.add(rowOf(window, change)))))
    })
  }

  done(op: string, rewritten: readonly Change[]): void {
    this.write(async (rows, window) => {
      const key = await asked(rows.index('op').getKey(op))
      if (key !== undefined) rows.delete(key)
      for (const change of rewritten) {
        const at = await asked(rows.index('op').getKey(change.op))
        if (at !== undefined) rows.put(rowOf(window, change), at)
      }
    })
  }

  async take(project: string): Promise<Change[]> {
    const own = await this.window
    await this.last
    return navigator.locks
      .request('dashi:adopt', async () => {
        const database = await this.database
        const rows = database.transaction('outbox').objectStore('outbox')
        const [keys, values] = await Promise.all([asked(rows.getAllKeys()), asked(rows.getAll() as IDBRequest<Row[]>)])
        const left = values.map((row, i) => ({ ...row, key: keys[i]! })).filter((r) => r.project === project)
        const free = new Map<string, boolean>()
        for (const { window } of left) if (window !== own && !free.has(window)) free.set(window, await isAlone(window))
        const mine = left.filter((r) => r.window === own || free.get(r.window))
        const adopted = mine.filter((r) => r.window !== own)
        const writing = database.transaction('outbox', 'readwrite').objectStore('outbox')
        await Promise.all(adopted.map(({ key, ...row }) => asked(writing.put({ ...row, window: own }, key))))
        return mine.map((r) => JSON.parse(r.text) as Change)
      })
      .catch(() => [])
  }
}
