/**
 * The window's address and its history. What the stores hold is written into the address; what the address says, after Back, Forward, a
 * link or by hand, is put into the stores. A step of the history takes nothing back that was edited.
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

/** Browsers take only so many writes of the address: while a key is held down, the last one. */
const pace = 200

export const useRoute = defineStore('route', () => {
  const [project, shell, toasts] = [useProject(), useShell(), useToasts()]
  /** An address that is not understood, as it stands there. */
  const unknown = ref<string | null>(null)
  /** An address whose project is not open: it is gone to when that is. `known`: false where nobody here knows the project. */
  const waiting = shallowRef<{ address: Address; known: boolean } | null>(null)
  /** What the present entry of the history says. */
  let entry: Address = { room: 'welcome' }
  let quiet = false
  /** While the stores are being made what an address says, they are not written into it. */
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
  /** What the stores hold now, into the history. */
  function note(): void {
    if (following) return
    const now = here()
    const same = writeAddress(now) === writeAddress(entry)
    if (unknown.value !== null) {
      if (same) return
      unknown.value = null // gone on from there
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

  /** The view that the address names. */
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
      if (!(e instanceof ConnectionLost)) toasts.error(errorWords(e)) // that has its banner
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
    await nextTick() // stores begin anew with a project
    const gone = await show(address)
    for (const what of gone) toasts.say(`route.gone.${what}`)
  }
  /** What came of an address is written as what it is, in its place. */
  function settle(): void {
    if (following || waiting.value !== null) return
    entry = here()
    flush()
  }

  /** Goes to where the window's address says, in the project that it names, else in `folder`. Throws nothing. */
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
  // Whoever opens the project that an address waits for goes to where it says.
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

  /** From an address that is not understood to where the window is otherwise. */
  function home(): void {
    unknown.value = null
    shell.room = 'data'
    push(here())
  }
  /** Without a step: what passes while a key is held down. */
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
