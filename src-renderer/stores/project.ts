/** The open project: its information, labels and counts. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { Facets } from '#shared/contract/media.ts'
import type { OpenedProject } from '#shared/contract/projects.ts'
import { scanResult, type LinksOut } from '#shared/model/scan.ts'
import type { Output } from '#shared/contract.ts'
import { call, outbox, remote } from '../rpc/index.ts'
import { shortPath } from '../format.ts'
import { urlKey } from '../rpc/session.ts'
import { debounced } from '../timing.ts'
import { useJobs } from './jobs.ts'
import { useSession } from './session.ts'
import { useShell } from './shell.ts'
import { useToasts } from './toasts.ts'

export type CountedLabel = Output<'labels.list'>[number]

export const useProject = defineStore('project', () => {
  const opened = shallowRef<OpenedProject | null>(null)
  const labels = shallowRef<CountedLabel[]>([])
  const facets = shallowRef<Facets | null>(null)
  const opening = ref(false)
  /** A new folder that is not set up yet: its page covers the images. */
  const first = ref<string | null>(null)
  /** What happened to the project's file if it is no longer the one that was opened. */
  const replaced = shallowRef<OpenedProject['replaced']>(null)

  const key = computed(() => (opened.value ? urlKey(opened.value.key) : ''))
  const labelById = computed(() => new Map(labels.value.map((l) => [l.id, l])))
  /** The label for a number key: the one with that key, else the n-th. */
  const labelForKey = (key: string) =>
    labels.value.find((l) => l.key === key) ??
    labels.value.filter((l) => l.key === null)[Number(key) - 1 - labels.value.filter((l) => l.key !== null && l.key < key).length]

  const refreshLabels = async () => (labels.value = await call('labels.list'))
  const refreshFacets = async () => (facets.value = await call('media.facets', {}))
  const refreshInfo = async () => {
    const info = await call('projects.info')
    if (opened.value) opened.value = { ...opened.value, info }
  }
  const refresh = async () => void (await Promise.all([refreshLabels(), refreshFacets(), refreshInfo()]).catch(() => undefined))

  function take(project: OpenedProject): void {
    opened.value = project
    first.value = project.first
    replaced.value = project.replaced
    outbox.attend(project.info.folder)
  }
  const lookForReplacement = async () =>
    void (await call('projects.presence')
      .then((r) => {
        replaced.value = r
        if (!r) outbox.reconnected() // false alarm
      })
      .catch(() => undefined))
  /** Saves the open project and the edits pending in this window as a new project in `folder`, and opens that. */
  async function saveCopy(folder: string): Promise<string> {
    const from = opened.value!.info.folder
    const { folder: copy } = await call('projects.save-copy', { folder })
    outbox.readdress(from, copy)
    await open(copy)
    return copy
  }
  /** Closes the open project in favour of the one on disk, to which pending edits are then sent. */
  async function reopenFromDisk(): Promise<void> {
    await call('projects.reopen')
    replaced.value = null
    outbox.reconnected()
    await refresh()
  }
  remote.on('project.replaced', (now) => {
    replaced.value = now.replaced
    if (!now.replaced) outbox.reconnected()
  })

  let lastOpened: Promise<void> = Promise.resolve()
  /** Resolves once the latest opened project and its labels are loaded. */
  const settled = () => lastOpened.catch(() => undefined)
  /** @throws if the project cannot be opened */
  const open = (folder: string): Promise<void> => (lastOpened = begin(folder))
  async function begin(folder: string): Promise<void> {
    opening.value = true
    try {
      const { jobId, ...project } = await call('projects.open', { folder })
      take(project)
      if (jobId) void watchScan(jobId, folder)
      await Promise.all([refreshLabels(), refreshFacets()])
      void useSession().refreshRecent()
    } finally {
      opening.value = false
    }
  }
  async function openSample(): Promise<void> {
    opening.value = true
    try {
      const { jobId } = await call('projects.sample')
      const job = await useJobs().ended(jobId)
      if (job.status !== 'done') throw new Error(job.error ?? job.status)
      await open((job.result as { folder: string }).folder)
    } finally {
      opening.value = false
    }
  }
  async function close(): Promise<void> {
    await call('projects.close')
    opened.value = first.value = null
    replaced.value = null
    labels.value = []
    facets.value = null
    await useSession().refreshRecent()
  }
  /** After a reconnect, the application does not know this window's project. */
  async function reopen(): Promise<void> {
    if (!opened.value) return
    const { jobId: _, ...project } = await call('projects.open', { folder: opened.value.info.folder })
    take(project)
  }

  /** The first-open page of an address; that of a new project stays until it is answered. */
  const showFirst = (folder: string | null) => (first.value = folder ?? opened.value?.first ?? null)
  /** Shows the first-open page for another folder. */
  const lookAt = (folder: string) => (first.value = folder)
  /** Closes the first-open page, whatever was set up. */
  async function firstDone(): Promise<void> {
    const pending = opened.value?.first === first.value
    first.value = null
    if (opened.value) opened.value = { ...opened.value, first: null }
    if (pending) await call('projects.first-done').catch(() => undefined)
  }

  /** Links out of their folder that the last scan in this window did not follow. */
  const linksOut = shallowRef<{ folder: string; links: LinksOut } | null>(null)
  /** Reports what a folder scan found, once it has ended. */
  async function watchScan(jobId: string, folder: string): Promise<void> {
    const { result } = await useJobs().ended(jobId)
    const found = scanResult.safeParse(result)
    if (found.success) void offer(folder).catch(() => undefined)
    if (!found.success || found.data.links.count === 0) return
    linksOut.value = { folder, links: found.data.links }
    useToasts().say('toast.links', { count: found.data.links.count }, { key: 'links.look', run: () => useShell().open('links') })
  }
  /** Offers the first-open page if an added folder seems to contain labels or annotations. */
  async function offer(folder: string): Promise<void> {
    if (first.value !== null) return
    const { classCount, byFolders, splits, annotations } = await call('projects.survey', { folder })
    if ((byFolders && classCount > 1) || splits.length || annotations.some((a) => a.meant))
      useToasts().say('first.offer', { folder: shortPath(folder) }, { key: 'first.see', run: () => lookAt(folder) })
  }

  const later = debounced(() => opened.value && void refresh(), 400)
  remote.on('annotations.changed', later)
  remote.on('project.changed', ({ what }) => {
    if (what.includes('labels')) void refreshLabels().catch(() => undefined)
    later()
  })
  return {
    opened,
    key,
    labels,
    labelById,
    labelForKey,
    facets,
    opening,
    replaced,
    first,
    lookAt,
    linksOut,
    watchScan,
    showFirst,
    firstDone,
    lookForReplacement,
    saveCopy,
    reopenFromDisk,
    open,
    settled,
    openSample,
    close,
    reopen,
    refresh,
  }
})
