/** Converts between the state of the stores and addresses. A view with an address of its own adds lines here. */
import { nextTick } from 'vue'
import { mediaSort } from '#shared/contract/media.ts'
import { useAgreement } from '../stores/agreement.ts'
import { useComparison } from '../stores/comparison.ts'
import { useCuration } from '../stores/curation.ts'
import { useOpenImage } from '../stores/open-image.ts'
import { useGallery } from '../stores/gallery.ts'
import { useProject } from '../stores/project.ts'
import { useReview } from '../stores/review.ts'
import { useRuns } from '../stores/runs.ts'
import { useShelf } from '../stores/shelf.ts'
import { useShell } from '../stores/shell.ts'
import type { Address } from './address.ts'
import { idsOfList, keptList } from './lists.ts'

type Of<R extends Address['room']> = Extract<Address, { room: R }>
const bySequence = mediaSort.parse({ by: 'id', descending: false })
const sameSort = (a: typeof bySequence, b: typeof bySequence) => a.by === b.by && a.descending === b.descending
const filled = <T>(list: readonly T[]): T[] | undefined => (list.length ? [...list] : undefined)

function shown(): Pick<Of<'label'>, 'filter' | 'sort' | 'found' | 'title'> {
  const { filter, sort, found } = useGallery()
  return {
    filter: Object.keys(filter).length ? filter : undefined,
    sort: sameSort(sort, bySequence) ? undefined : sort,
    ...(found && { found: keptList(found.ids), title: found.title.slice(0, 300) }),
  }
}

/** A search is repeated when an address is opened, so its results are not part of the address. */
function searched(): Pick<Of<'data'>, 'like' | 'words' | 'found' | 'title'> {
  const [curation, gallery] = [useCuration(), useGallery()]
  const query = curation.query
  if (!query || gallery.found?.title !== query.title) return {}
  return {
    ...(query.query.kind === 'image' ? { like: query.query.mediaId } : { words: query.query.text }),
    found: undefined,
    title: undefined,
  }
}

function between(): Pick<Of<'data'>, 'between' | 'iou'> {
  const { a, b, threshold } = useAgreement()
  return a && b ? { between: [a, b], iou: threshold === 0.5 ? undefined : threshold } : {}
}

export function here(): Address {
  const [project, shell, gallery, openImage, curation, runs, comparison] = [
    useProject(),
    useShell(),
    useGallery(),
    useOpenImage(),
    useCuration(),
    useRuns(),
    useComparison(),
  ]
  if (!project.opened) return { room: 'welcome' }
  const common = { project: project.opened.key }
  switch (shell.room) {
    case 'data': {
      const all = gallery.selection.size > 1 && gallery.selection.size === gallery.ids.length
      return {
        room: 'data',
        ...shown(),
        ...searched(),
        chosen: gallery.selection.size ? (all ? 'all' : keptList([...gallery.selection])) : undefined,
        at: gallery.selection.size || !gallery.focus ? undefined : gallery.ids[gallery.focus],
        tool: curation.tool ?? undefined,
        // The page of a new project is shown automatically; that of an added folder is in the address.
        first: project.first !== null && project.first !== project.opened.first ? project.first : undefined,
        model: curation.tool ? curation.model : undefined,
        ...(curation.tool === 'map' && {
          map: curation.map.method === 'umap' ? undefined : curation.map.method,
          colour: curation.map.colour === 'label' ? undefined : curation.map.colour,
        }),
        ...(curation.tool === 'agreement' && between()),
        ...common,
      }
    }
    case 'label':
      return {
        room: 'label',
        image: openImage.mediaId ?? undefined,
        ...shown(),
        ...(useAgreement().queue && between()),
        reviewing: useReview().active || undefined,
        regions:
          openImage.mediaId !== null && openImage.selection.some((id) => id > 0)
            ? keptList(openImage.selection.filter((id) => id > 0))
            : undefined,
        ...common,
      }
    case 'train':
      return { room: 'train', run: runs.shown ?? undefined, curves: filled(runs.overlaid), ...common }
    case 'compare': {
      const asked = comparison.asked.length > 0 && comparison.isAsked(runs.compared)
      const { x, y, split, reference } = comparison.chosen
      return {
        room: 'compare',
        of: filled(runs.compared),
        task: comparison.task === 'classify' ? undefined : comparison.task,
        asked: asked || undefined,
        ...(asked && { reference: reference ?? undefined, x: x ?? undefined, y: y ?? undefined, split: split ?? undefined }),
        ...common,
      }
    }
    case 'merge':
      return { room: 'merge', run: runs.soup ?? undefined, of: filled(runs.ingredients), ...common }
    case 'models':
      return { room: 'models', model: useShelf().shown ?? undefined, ...common }
  }
}

/** Parts of an address that no longer exist. */
export type Gone = 'label' | 'list'

/** Shows what an address says in the open project. Takes effect at once; data is fetched afterwards. */
export async function show(address: Address): Promise<Gone[]> {
  const [shell, openImage, runs, comparison] = [useShell(), useOpenImage(), useRuns(), useComparison()]
  const gone: Gone[] = []
  if (address.room === 'welcome') return gone
  shell.room = address.room
  switch (address.room) {
    case 'data':
      await showData(address, gone)
      break
    case 'label': {
      showImages(address, gone)
      if (address.image === undefined) openImage.close()
      else if (address.image !== openImage.mediaId || !openImage.content) await openImage.open(address.image)
      const wanted = new Set(address.regions === undefined ? [] : (idsOfList(address.regions) ?? []))
      if (address.image === openImage.mediaId) openImage.select(wanted)
      useReview().active = address.reviewing ?? false
      if (address.between) await useAgreement().resume(address.between, address.iou ?? 0.5, openImage.mediaId)
      else if (useAgreement().queue) useAgreement().end()
      break
    }
    case 'train':
      ;[runs.shown, runs.overlaid] = [address.run ?? null, address.curves ?? []]
      break
    case 'compare':
      runs.compared = address.of ?? []
      comparison.chosenTask = runs.compared.length ? (address.task ?? 'classify') : null
      comparison.choose({ x: address.x, y: address.y, split: address.split, reference: address.reference })
      if (address.asked) void comparison.look(runs.compared)
      else comparison.forget()
      break
    case 'merge':
      ;[runs.soup, runs.ingredients] = [address.run ?? null, address.of ?? []]
      break
    case 'models':
      useShelf().shown = address.model ?? null
      break
  }
  return gone
}

function showImages({ filter = {}, sort = bySequence, found, title = '' }: Of<'label'> | Of<'data'>, gone: Gone[]): void {
  const [gallery, project] = [useGallery(), useProject()]
  const labelIds = filter.labelIds?.filter((id) => project.labelById.has(id))
  if (filter.labelIds && labelIds!.length < filter.labelIds.length) gone.push('label')
  const { labelIds: _, ...others } = filter
  const wanted = { ...others, ...(labelIds?.length && { labelIds }) }
  // Keep the same object if nothing changed, so that nothing is requested again.
  if (JSON.stringify(wanted) !== JSON.stringify(gallery.filter)) gallery.filter = wanted
  if (!sameSort(sort, gallery.sort)) gallery.sort = sort
  if (found === undefined) gallery.found = null
  else if (!gallery.found || keptList(gallery.found.ids) !== found) {
    const ids = idsOfList(found)
    if (ids) gallery.found = { title, ids }
    else {
      gallery.found = null
      gone.push('list')
    }
  }
}

async function showData(address: Of<'data'>, gone: Gone[]): Promise<void> {
  const [gallery, curation] = [useGallery(), useCuration()]
  const { query } = curation
  const asked = address.like !== undefined ? `image ${address.like}` : address.words !== undefined ? `text ${address.words}` : null
  const before =
    query && gallery.found?.title === query.title
      ? query.query.kind === 'image'
        ? `image ${query.query.mediaId}`
        : `text ${query.query.text}`
      : null
  if (asked === null || asked !== before) showImages(address, gone)
  curation.tool = address.tool ?? null
  useProject().showFirst(address.first ?? null)
  curation.model = address.model
  curation.map.method = address.map ?? 'umap'
  curation.map.colour = address.colour ?? 'label'
  if (address.between) useAgreement().choose(address.between, address.iou ?? 0.5)
  if (asked !== null && asked !== before) {
    if (address.like !== undefined) await curation.searchLike(address.like)
    else await curation.search({ kind: 'text', text: address.words! }, curation.titleOf(address.words!))
    if (address.tool !== 'similar') curation.tool = address.tool ?? null
    if (gallery.found) showImages({ ...address, found: keptList(gallery.found.ids), title: gallery.found.title }, gone)
  }
  await nextTick() // by now, what is shown has been requested
  await gallery.settled()
  const chosen = address.chosen === undefined ? [] : address.chosen === 'all' ? gallery.ids : idsOfList(address.chosen)
  if (!chosen) gone.push('list')
  else if (chosen.length || gallery.selection.size) gallery.chooseThese(chosen)
  if (!chosen?.length) gallery.focusOn((address.at !== undefined && gallery.places.get(address.at)) || 0)
}
