/**
 * Where a window is, as one record, and as the text after the `#` of its address: `#/label/12?split=train&sort=-size&project=…`.
 * An address only shows: to follow one changes nothing and begins no work, so that a link is harmless wherever it comes from.
 */
import { z } from 'zod'
import { mediaSort } from '#shared/contract/media.ts'
import { id } from '#shared/model/media.ts'
import { mediaFilter } from '#shared/model/project.ts'

export const rooms = ['data', 'label', 'train', 'compare', 'merge'] as const
export type Room = (typeof rooms)[number]
export const tools = ['similar', 'map', 'balance', 'split', 'duplicates', 'captions', 'doubts', 'review', 'agreement'] as const
export type Tool = (typeof tools)[number]
export const mapMethods = ['umap', 'pca'] as const
export const colourings = ['label', 'split', 'author', 'review', 'none'] as const

/** Ids in an order, with runs written short: `1-40,7,52`. `all`: those that are shown. `~name`: a long list, kept in lists.ts. */
const list = z.preprocess(
  (v) => (typeof v === 'number' ? String(v) : v),
  z.string().regex(/^(all|~[0-9a-z]{1,40}|\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*)$/),
)
const word = z.string().min(1).max(4096)
const few = z.array(word).max(64)

/** Stands for a project, as `projects.open` names it. Without it, the window's own is meant. */
const common = {
  project: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
}
/** Which images are shown, in which order. */
const shown = {
  filter: mediaFilter.optional(),
  sort: mediaSort.optional(),
  /** Only these, as something else than a filter found them, under this title. */
  found: list.optional(),
  title: z.string().max(300).optional(),
}
/** Two authors held against one another, each as `person:NAME` or `checkpoint:ID`; while labelling, their disagreements are settled. */
const compared = {
  between: z.tuple([word, word]).optional(),
  iou: z.number().min(0.05).max(1).optional(),
}
export const address = z.discriminatedUnion('room', [
  z.object({ room: z.literal('welcome') }),
  z.object({
    room: z.literal('data'),
    ...common,
    ...shown,
    chosen: list.optional(),
    /** The image under the keyboard's focus, where none is chosen. */
    at: id.optional(),
    tool: z.enum(tools).optional(),
    /** A folder of which is shown what can be made, as when a project is opened first. */
    first: word.optional(),
    /** Folder of the checkpoint whose embeddings count. */
    model: word.optional(),
    /** What was looked for: images like one, or words. */
    like: id.optional(),
    words: word.optional(),
    map: z.enum(mapMethods).optional(),
    colour: z.enum(colourings).optional(),
    ...compared,
  }),
  z.object({
    room: z.literal('label'),
    ...common,
    ...shown,
    ...compared,
    reviewing: z.literal(true).optional(),
    image: id.optional(),
    regions: list.optional(),
  }),
  z.object({
    room: z.literal('train'),
    ...common,
    run: word.optional(),
    /** Runs whose curves lie over one another. */ curves: few.optional(),
  }),
  z.object({
    room: z.literal('compare'),
    ...common,
    /** Folders of the checkpoints chosen. */
    of: few.optional(),
    /** Their comparison was asked for, and is shown where it is there. */
    asked: z.literal(true).optional(),
    reference: z.int().min(0).max(63).optional(),
    x: word.optional(),
    y: word.optional(),
    split: word.optional(),
  }),
  z.object({ room: z.literal('merge'), ...common, run: word.optional(), of: few.optional() }),
])
export type Address = z.infer<typeof address>

/** What stands in the path after the room. */
const main: Partial<Record<Address['room'], string>> = { label: 'image', train: 'run', merge: 'run' }
/** What a step back does not take back: it is written into the present entry of the history. */
const details = new Set([
  'chosen',
  'at',
  'regions',
  'curves',
  'reference',
  'x',
  'y',
  'split',
  'colour',
  'map',
  'model',
  'between',
  'iou',
  'reviewing',
])
const filterFields = Object.keys(mediaFilter.shape)

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
/** Plain words as they are, anything else as JSON; so are words that JSON would read otherwise. */
const written = (value: unknown): string => (typeof value === 'string' && parsed(value) === value ? value : JSON.stringify(value))
/** Lists as they are, though one of a single id looks like a number. */
const lists = new Set(['found', 'chosen', 'regions'])
/** Browsers leave these as they are after a `#`. */
const escaped = (text: string) => encodeURIComponent(text).replace(/%(2C|3A|2F|5B|5D|7B|7D|40)/g, (c) => decodeURIComponent(c))

/** Beginning with `#`. */
export function writeAddress(of: Address): string {
  if (of.room === 'welcome') return '#/'
  const { room, project, ...rest } = of
  const { filter = {}, sort, ...own } = rest as { filter?: object; sort?: z.infer<typeof mediaSort> } & Record<string, unknown>
  const named = main[room]
  const path = named !== undefined && own[named] !== undefined ? `/${escaped(written(own[named]))}` : ''
  const fields = { ...filter, ...(sort && { sort: `${sort.descending ? '-' : ''}${sort.by}` }), ...own, ...(project && { project }) }
  const parts = Object.entries(fields)
    .filter(([name, v]) => name !== named && v !== undefined)
    .map(([name, v]) => `${name}=${escaped(lists.has(name) ? String(v) : written(v))}`)
  return `#/${room}${path}${parts.length ? `?${parts.join('&')}` : ''}`
}

/** Null where it is not understood; what another version says besides is passed over. */
export function readAddress(hash: string): Address | null {
  const [, path = '', query = ''] = /^#?\/?([^?]*)(?:\?(.*))?$/s.exec(hash) ?? []
  if (hash.length > 20_000) return null
  try {
    const [room = '', ...steps] = path.split('/').map(decodeURIComponent)
    if (room === '') return { room: 'welcome' }
    const fields = new Map(
      query
        .split('&')
        .filter(Boolean)
        .map((part) => {
          const [name = '', ...value] = part.split('=')
          return [decodeURIComponent(name), parsed(decodeURIComponent(value.join('=')))] as const
        }),
    )
    const named = main[room as Address['room']]
    if (steps.length > (named ? 1 : 0)) return null
    if (named && steps[0]) fields.set(named, parsed(steps[0]))
    return address.parse({ room, ...nested(room, fields) })
  } catch {
    return null
  }
}

function nested(room: string, fields: Map<string, unknown>): Record<string, unknown> {
  if (room !== 'data' && room !== 'label') return Object.fromEntries(fields)
  const filter = Object.fromEntries(filterFields.filter((f) => fields.has(f)).map((f) => [f, fields.get(f)]))
  const [, sign, by] = /^(-?)(.*)$/.exec(String(fields.get('sort') ?? '')) ?? []
  const others = Object.fromEntries([...fields].filter(([name]) => !filterFields.includes(name) && name !== 'sort'))
  return { ...others, ...(Object.keys(filter).length && { filter }), ...(by && { sort: { by, descending: sign === '-' } }) }
}

/** Whether going from one to the other is a step that Back takes back. What is typed letter by letter is one step. */
export function isStep(from: Address, to: Address): boolean {
  // What was being chosen becomes the comparison: a step back from it leads to what was shown before.
  if (from.room === 'compare' && to.room === 'compare' && !from.asked && to.asked && JSON.stringify(from.of) === JSON.stringify(to.of))
    return false
  const place = (a: Address): string => {
    const { filter, ...rest } = a as Address & { filter?: z.infer<typeof mediaFilter> }
    const typed = filter && { ...filter, ...(filter.pathText && { pathText: '…' }), ...(filter.captionText && { captionText: '…' }) }
    // What is being chosen for a comparison or a soup is no place yet; a comparison that is shown is one.
    const passing = (name: string) => details.has(name) || (name === 'of' && !('asked' in a && a.asked))
    return JSON.stringify([
      typed ?? {},
      ...Object.entries(rest)
        .filter(([name, v]) => v !== undefined && !passing(name))
        .sort(),
    ])
  }
  return place(from) !== place(to)
}

/** `1-40,7,52` of ids in their order. */
export function listText(ids: Iterable<number>): string {
  const runs: string[] = []
  let [first, last] = [NaN, NaN]
  const close = () => Number.isNaN(first) || runs.push(first === last ? String(first) : `${first}-${last}`)
  for (const id of ids) {
    if (id === last + 1) {
      last = id
      continue
    }
    close()
    ;[first, last] = [id, id]
  }
  close()
  return runs.join(',')
}

const most = 2_000_000
/** The ids of such a text; null where it means more than any project holds. */
export function listIds(text: string): number[] | null {
  const ids: number[] = []
  for (const run of text.split(',')) {
    const [first, last] = run.split('-').map(Number)
    if (first === undefined || !Number.isSafeInteger(first)) return null
    const end = last ?? first
    if (end - first > most || ids.length + end - first > most) return null
    for (let id = first; id <= end; id++) ids.push(id)
  }
  return ids
}
