/**
 * A window's state as one record, and as the text after the `#` of its address: `#/label/12?split=train&sort=-size&project=…`. An address
 * only navigates: following one changes nothing and starts no work, so links are harmless wherever they come from.
 */
import { z } from 'zod'
import { comparedTaskSchema } from '#shared/model/region-comparison.ts'
import { mediaSort } from '#shared/contract/media.ts'
import { id } from '#shared/model/media.ts'
import { mediaFilter } from '#shared/model/project.ts'

export const rooms = ['data', 'label', 'train', 'compare', 'merge', 'models'] as const
export type Room = (typeof rooms)[number]
export const tools = ['similar', 'map', 'balance', 'split', 'duplicates', 'captions', 'doubts', 'review', 'agreement'] as const
export type Tool = (typeof tools)[number]
export const mapMethods = ['umap', 'pca'] as const
export const colourings = ['label', 'split', 'author', 'review', 'none'] as const

/** Ids in order, with ranges abbreviated: `1-40,7,52`. `all`: the images shown. `~name`: a long list, stored in lists.ts. */
const list = z.preprocess(
  (v) => (typeof v === 'number' ? String(v) : v),
  z.string().regex(/^(all|~[0-9a-z]{1,40}|\d{1,15}(-\d{1,15})?(,\d{1,15}(-\d{1,15})?)*)$/),
)
const word = z.string().min(1).max(4096)
const few = z.array(word).max(64)

/** Identifies a project, as in `projects.open`; without it, the window's own project is meant. */
const common = {
  project: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
}
/** Which images are shown, and in what order. */
const shown = {
  filter: mediaFilter.optional(),
  sort: mediaSort.optional(),
  /** Only these images, found by something other than the filter, under this title. */
  found: list.optional(),
  title: z.string().max(300).optional(),
}
/** Two authors being compared, each as `person:NAME` or `checkpoint:ID`; in the Label view their disagreements are settled. */
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
    /** The focused image, if none is selected. */
    at: id.optional(),
    tool: z.enum(tools).optional(),
    /** A folder whose first-open page is shown. */
    first: word.optional(),
    /** Folder of the checkpoint whose embeddings are used. */
    model: word.optional(),
    /** The search: images similar to one, or a text. */
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
    /** Runs whose curves are overlaid. */ curves: few.optional(),
  }),
  z.object({
    room: z.literal('compare'),
    ...common,
    /** Folders of the selected checkpoints. */
    of: few.optional(),
    /** What they are compared at, if it is not classification. */
    task: comparedTaskSchema.exclude(['classify']).optional(),
    /** A comparison was requested; it is shown if it is available. */
    asked: z.literal(true).optional(),
    reference: z.int().min(0).max(63).optional(),
    x: word.optional(),
    y: word.optional(),
    split: word.optional(),
  }),
  z.object({ room: z.literal('merge'), ...common, run: word.optional(), of: few.optional() }),
  /** `model`: the folder of the model whose card is shown. */
  z.object({ room: z.literal('models'), ...common, model: word.optional() }),
])
export type Address = z.infer<typeof address>

/** The parameter that follows the room in the path. */
const main: Partial<Record<Address['room'], string>> = { label: 'image', train: 'run', merge: 'run' }
/** Parameters that are not history steps: they update the current entry. */
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
/** Plain words are written as they are, everything else (and words that JSON would parse differently) as JSON. */
const written = (value: unknown): string => (typeof value === 'string' && parsed(value) === value ? value : JSON.stringify(value))
/** Written as they are, even though a list with a single id looks like a number. */
const lists = new Set(['found', 'chosen', 'regions'])
/** Characters that browsers do not escape after a `#`. */
const escaped = (text: string) => encodeURIComponent(text).replace(/%(2C|3A|2F|5B|5D|7B|7D|40)/g, (c) => decodeURIComponent(c))

/** Starts with `#`. */
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

/** Null if the address is invalid; unknown parameters, as from another version, are ignored. */
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

/** Whether going from one address to the other adds a history entry. Typing letter by letter is a single step. */
export function isStep(from: Address, to: Address): boolean {
  // The selection becomes the comparison: going back from it leads to what was shown before.
  if (from.room === 'compare' && to.room === 'compare' && !from.asked && to.asked && JSON.stringify(from.of) === JSON.stringify(to.of))
    return false
  const place = (a: Address): string => {
    const { filter, ...rest } = a as Address & { filter?: z.infer<typeof mediaFilter> }
    const typed = filter && { ...filter, ...(filter.pathText && { pathText: '…' }), ...(filter.captionText && { captionText: '…' }) }
    // A selection in progress (for a comparison or a soup) is not a history entry; a comparison that is shown is one.
    const passing = (name: string) => details.has(name) || ((name === 'of' || name === 'task') && !('asked' in a && a.asked))
    return JSON.stringify([
      typed ?? {},
      ...Object.entries(rest)
        .filter(([name, v]) => v !== undefined && !passing(name))
        .sort(),
    ])
  }
  return place(from) !== place(to)
}

/** Writes ids in their order, such as `1-40,7,52`. */
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
/** Reads the ids of such a text; null if there are more than any project holds. */
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
