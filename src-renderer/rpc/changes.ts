/** What a person changes, as data: it can wait, be kept over a reload, and be sent again without being made twice. */
import type { Input, Output } from '#shared/contract.ts'

export type ChangeMethod =
  | 'regions.apply'
  | 'regions.state'
  | 'captions.add'
  | 'captions.update'
  | 'captions.remove'
  | 'comments.add'
  | 'comments.update'
  | 'comments.remove'
  | 'image-labels.choose'
  | 'image-labels.set'
  | 'image-labels.unset'
  | 'tags.add'
  | 'tags.remove'
  | 'splits.set'
  | 'review.set'
  | 'media.edit'

/** A method with its input. */
export type Request = { [M in ChangeMethod]: { method: M; input: Input<M> } }[ChangeMethod]

export type Change = Request & {
  /** Unique: the application makes an operation once, however often it comes. */
  op: string
  /** Folder of the project. */
  project: string
  /** Of a caption or a comment that is being made: its name until it has an id. */
  temporary?: number
}

const actions: Record<Exclude<ChangeMethod, 'regions.apply'>, string> = {
  'regions.state': 'region state',
  'captions.add': 'add caption',
  'captions.update': 'change caption',
  'captions.remove': 'remove caption',
  'comments.add': 'comment',
  'comments.update': 'change comment',
  'comments.remove': 'remove comment',
  'image-labels.choose': 'classify image',
  'image-labels.set': 'label image',
  'image-labels.unset': 'remove image label',
  'tags.add': 'add tag',
  'tags.remove': 'remove tag',
  'splits.set': 'set split',
  'review.set': 'review',
  'media.edit': 'edit images',
}
/** As the journal will name it. */
export const actionOf = (change: Change): string => (change.method === 'regions.apply' ? change.input.action : actions[change.method])

/** What the application called what had a temporary name. */
export type Renamed = readonly { temporary: number; id: number }[]

export function renamedBy(change: Change, answer: unknown): Renamed {
  if (change.method === 'regions.apply') return (answer as Output<'regions.apply'>).saved
  return change.temporary === undefined ? [] : [{ temporary: change.temporary, id: (answer as { id: number }).id }]
}

let last = 0
/** Negative, and other than any that this or an earlier page gave: what was named before a reload may still be on its way. */
export const temporaryId = (): number => -(last = Math.max(last + 1, Date.now() * 1000))

/** The change with the names that are known by now; the same one where it has none of them. */
export function withIds(change: Change, ids: ReadonlyMap<number, number>): Change {
  if (ids.size === 0) return change
  const now = (id: number) => ids.get(id) ?? id
  const orNull = (id: number | null) => (id === null ? null : now(id))
  const region = <R extends { id: number } | null>(r: R): R => r && { ...r, id: now(r.id) }
  switch (change.method) {
    case 'regions.apply':
      return {
        ...change,
        input: { ...change.input, changes: change.input.changes.map((c) => ({ before: region(c.before), after: region(c.after) })) },
      }
    case 'regions.state':
      return { ...change, input: { ...change.input, ids: change.input.ids.map(now) } }
    case 'captions.add':
      return { ...change, input: { ...change.input, regionId: orNull(change.input.regionId), spans: spans(change.input.spans) } }
    case 'captions.update': {
      const { id, patch, before } = change.input
      return { ...change, input: { id: now(id), patch: named(patch), ...(before && { before: named(before) }) } }
    }
    case 'comments.add': {
      const { regionId, replyTo } = change.input
      return { ...change, input: { ...change.input, regionId: orNull(regionId), ...(replyTo != null && { replyTo: now(replyTo) }) } }
    }
    case 'comments.update':
      return { ...change, input: { ...change.input, id: now(change.input.id) } }
    case 'captions.remove': {
      const { id, before } = change.input
      return { ...change, input: { id: now(id), ...(before && { before: named(before) }) } }
    }
    case 'comments.remove':
      return { ...change, input: { ...change.input, id: now(change.input.id) } }
    default:
      return change
  }
  function named<P extends { spans?: { start: number; end: number; regions: number[] }[]; regionId?: number | null }>(fields: P): P {
    return {
      ...fields,
      ...(fields.spans && { spans: spans(fields.spans) }),
      ...(fields.regionId !== undefined && { regionId: orNull(fields.regionId) }),
    }
  }
  function spans<S extends { regions: number[] }>(given: readonly S[]): S[] {
    return given.map((s) => ({ ...s, regions: s.regions.map(now) }))
  }
}
