/**
 * The window's address and its history. The state of the stores is written to the address; after Back, Forward, a link or typing, the
 * address is applied to the stores. History steps never undo edits.
 */
import { defineStore } from 'pinia'
import { computed, nextTick, ref, shallowRef, watch } from 'vue'
import { ConnectionLost } from '#shared/contract/rpc.ts'
import { errorWords } from '../locales/error-words.ts'
import { call, remote } from '../rpc/index.ts'
import { useProject } from '../stores/project.ts'
import { useShell } from '../stores/shell.ts'
import { useToasts } from '../stores/toasts.ts'
import { isStep, readAddress, writeAddress, type Address } from './address.ts'
import { keepLists } from './lists.ts'
import { here, show } from './place.ts'

/** Browsers limit how often the address may be written: while a key is held down, only the last one counts. */
const pace = 200

export const useRoute = defineStore('route', () => {
  const [project, shell, toasts] = [useProject(), useShell(), useToasts()]
  /** The current address if it is invalid. */
  const unknown = ref<string | null>(null)
  /** An address whose project is not open; followed once it is. `known`: false if the project is unknown here. */
  const waiting = shallowRef<{ address: Address; known: boolean } | null>(null)
  /** The address in the current history entry. */
  let entry: Address = { room: 'welcome' }
  let quiet = false
  /** While an address is being applied to the stores, they are not written to it. */
  let following = false
  let turns = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  const flush = () => {
    clearTimeout(timer)
    timer = undefined
    const text = writeAddress(entry)
    if (location.hash === text || unknown.value !== null || waiting.value !== null) return
    keepLists(text)
    history.replaceState(history.state, '', text)
  }
  /** Writes the state of the stores to the history. */
  function note(): void {
    if (following) return
    const now = here()
    const same = writeAddress(now) === writeAddress(entry)
    if (unknown.value !== null) {
      if (same) return
      unknown.value = null // the user has moved on
      return push(now)
    }
    if (waiting.value !== null && now.room === 'welcome') return
    waiting.value = null
    if (same) return
    const step = isStep(entry, now) && !quiet
    if (step) return push(now)
    entry = now
    timer ??= setTimeout(flush, pace)
  }
  function push(now: Address): void {
    if (timer !== undefined) flush()
    entry = now
    const text = writeAddress(now)
    keepLists(text)
    history.pushState(null, '', text)
  }

  /** Shows the view that the address names. */
  async function follow(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (location.hash === writeAddress(entry) && unknown.value === null && waiting.value === null) return
    const address = readAddress(location.hash)
    if (!address) return void (unknown.value = decoded(location.hash))
    unknown.value = null
    if (shell.dialog !== 'folder') shell.close()
    await go(address)
  }
  async function go(address: Address, insisting = false): Promise<void> {
    const mine = ++turns
    const latest = () => mine === turns
    following = true
    try {
      await (insisting ? remote.insist(() => reach(address, latest)) : reach(address, latest))
    } catch (e) {
      if (!(e instanceof ConnectionLost)) toasts.error(errorWords(e)) // shown by its banner
    } finally {
      if (latest()) {
        await nextTick()
        following = false
        settle()
      }
    }
  }
  async function reach(address: Address, latest: () => boolean): Promise<void> {
    waiting.value = null
    entry = address
    if (address.room === 'welcome') {
      if (project.opened) await project.close()
      return
    }
    const key = address.project ?? project.opened?.key
    if (key !== undefined && key !== project.opened?.key) {
      const { folder } = await call('projects.known', { key })
      if (!latest()) return
      if (folder === null) {
        waiting.value = { address, known: false }
        if (project.opened) await project.close()
        return
      }
      await project.open(folder)
      if (!latest()) return
    } else if (key === undefined) return void (waiting.value = { address, known: true })
    await project.settled()
    await nextTick() // stores are reset with a project
    const gone = await show(address)
    for (const what of gone) toasts.say(`route.gone.${what}`)
  }
  /** Replaces an applied address with what it resulted in. */
  function settle(): void {
    if (following || waiting.value !== null) return
    entry = here()
    flush()
  }

  /** Follows the window's address, in the project that it names or else in `folder`. Never throws. */
  async function begin(folder: string | null): Promise<void> {
    const hash = location.hash
    const address = hash === '' || hash === '#' ? null : readAddress(hash)
    if (hash.length > 1 && !address) unknown.value = decoded(hash)
    const own = address && 'project' in address ? address.project : undefined
    following = true
    if (folder !== null && own === undefined && address?.room !== 'welcome')
      await remote.insist(() => project.open(folder)).catch((e: unknown) => toasts.error(errorWords(e)))
    following = false
    if (address) await go(address, true)
    else settle()
    window.addEventListener('popstate', () => void follow())
    for (const leaving of ['pagehide', 'beforeunload']) window.addEventListener(leaving, () => timer !== undefined && flush())
    watch(() => writeAddress(here()), note, { flush: 'post' })
  }
  // Once the project that an address waits for is open, follow the address.
  watch(
    () => project.opened?.key,
    (key) => {
      const wanted = waiting.value?.address
      if (key === undefined || !wanted || wanted.room === 'welcome' || following) return
      waiting.value = null
      if (wanted.project === undefined || wanted.project === key) void go(wanted)
    },
    { flush: 'sync' },
  )

  /** Leaves an invalid address for the window's current state. */
  function home(): void {
    unknown.value = null
    shell.room = 'data'
    push(here())
  }
  /** Runs `body` without adding history entries: for what is passed while a key is held down. */
  function quietly<T>(body: () => T): T {
    quiet = true
    try {
      return body()
    } finally {
      void nextTick(() => (quiet = false))
    }
  }
  return {
    unknown,
    waiting: computed(() => waiting.value),
    begin,
    quietly,
    home,
    back: () => history.back(),
    forward: () => history.forward(),
  }
})

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash)
  } catch {
    return hash
  }
}
