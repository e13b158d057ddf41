/** A person's changes as data: they can be queued, kept across a reload, and sent again without being applied twice. */
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
  /** Unique: the application applies an operation once, however often it is sent. */
  op: string
  /** Folder of the project. */
  project: string
  /** The temporary id of a caption or comment that is being created. */
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
/** Its name in the journal. */
export const actionOf = (change: Change): string => (change.method === 'regions.apply' ? change.input.action : actions[change.method])

/** The saved ids for temporary ones. */
export type Renamed = readonly { temporary: number; id: number }[]

export function renamedBy(change: Change, answer: unknown): Renamed {
  if (change.method === 'regions.apply') return (answer as Output<'regions.apply'>).saved
  return change.temporary === undefined ? [] : [{ temporary: change.temporary, id: (answer as { id: number }).id }]
}

let last = 0
/** Negative and unique, also among earlier pages: changes from before a reload may still be queued. */
export const temporaryId = (): number => -(last = Math.max(last + 1, Date.now() * 1000))

/** The change with known ids in place of temporary ones; the same object if there are none. */
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
