/** What is sent instead after a conflict: the change based on the current state, or without the conflicting parts. */
import type { Conflict } from '#shared/model/conflict.ts'
import type { Region } from '#shared/model/region.ts'
import { temporaryId, type Change } from './changes.ts'

export type Choice = 'mine' | 'theirs'

/** The change after the choice; null if nothing is left to send. */
export function resolved(change: Change, conflicts: readonly Conflict[], choice: Choice): Change | null {
  const of = (id: number) => conflicts.find((c) => c.id === id)
  switch (change.method) {
    case 'regions.apply': {
      const changes = change.input.changes.flatMap(({ before, after }) => {
        const conflict = before && of(before.id)
        if (!before || !conflict) return [{ before, after }]
        if (conflict.how === 'removed') return choice === 'mine' && after ? [{ before: null, after }] : []
        if (choice === 'mine') return [{ before: withFields(before, conflict, 'theirs'), after }]
        // Fields that nobody else changed are still sent.
        return after ? [{ before, after: withFields(after, conflict, 'base') }] : []
      })
      return changes.length ? { ...change, input: { ...change.input, changes } } : null
    }
    case 'captions.update': {
      const conflict = of(change.input.id)
      if (!conflict) return change
      if (conflict.how === 'removed') return null // created again by code that knows the rest of it
      if (choice === 'mine')
        return { ...change, input: { ...change.input, before: { ...change.input.before, ...values(conflict, 'theirs') } } }
      const patch = without(change.input.patch, conflict)
      return Object.keys(patch).length ? { ...change, input: { ...change.input, patch } } : null
    }
    case 'comments.update': {
      const conflict = of(change.input.id)
      if (!conflict) return change
      if (conflict.how === 'removed') return null
      if (choice === 'mine')
        return { ...change, input: { ...change.input, before: { ...change.input.before, ...values(conflict, 'theirs') } } }
      const patch = without(change.input.patch, conflict)
      return Object.keys(patch).length ? { ...change, input: { ...change.input, patch } } : null
    }
    default: {
      if (choice === 'mine') {
        const { before: _, ...input } = change.input as { before?: unknown } // the current state has been seen
        return { ...change, input } as Change
      }
      if (change.method !== 'splits.set' && change.method !== 'review.set') return null
      const mediaIds = change.input.mediaIds.filter((id) => !of(id))
      const before = change.input.before?.filter((_, i) => !of(change.input.mediaIds[i]!))
      return mediaIds.length ? ({ ...change, input: { ...change.input, mediaIds, before } } as Change) : null
    }
  }
}

const values = (conflict: Conflict, which: 'base' | 'theirs') => Object.fromEntries(conflict.fields.map((f) => [f.field, f[which]]))

function without<T extends object>(patch: T, conflict: Conflict): T {
  const gone = new Set(conflict.fields.map((f) => f.field))
  return Object.fromEntries(Object.entries(patch).filter(([k]) => !gone.has(k))) as T
}

/** A region with the conflicting fields as they are now, or as they were before either change; each attribute is a field of its own. */
function withFields(region: Region, conflict: Conflict, which: 'base' | 'theirs'): Region {
  const isAttribute = (f: Conflict['fields'][number]) => f.field.startsWith('attributes.')
  const plain = Object.fromEntries(conflict.fields.filter((f) => !isAttribute(f)).map((f) => [f.field, f[which]]))
  const attributes = {
    ...region.attributes,
    ...Object.fromEntries(conflict.fields.filter(isAttribute).map((f) => [f.field.slice(11), f[which]])),
  }
  return {
    ...region,
    ...plain,
    attributes: Object.fromEntries(Object.entries(attributes).filter(([, v]) => v !== null)) as Region['attributes'],
  }
}

/** For something that was removed meanwhile: adds what was typed to the open image as new. */
export function madeAnew(changed: Change, conflicts: readonly Conflict[], mediaId: number | null): Change | null {
  if (changed.method === 'regions.apply') return resolved(changed, conflicts, 'mine')
  if (mediaId === null) return null
  if (changed.method === 'captions.update') {
    const { text = '', language = null, spans = [], regionId = null } = { ...changed.input.before, ...changed.input.patch }
    return {
      ...changed,
      method: 'captions.add',
      temporary: temporaryId(),
      input: { mediaId, regionId, text, language, spans },
    } as Change
  }
  if (changed.method === 'comments.update') {
    const { text = '' } = { ...changed.input.before, ...changed.input.patch }
    return {
      ...changed,
      method: 'comments.add',
      temporary: temporaryId(),
      input: { mediaId, regionId: null, text },
    } as Change
  }
  return null
}
