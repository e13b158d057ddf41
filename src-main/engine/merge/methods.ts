/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of merge methods: every record in `methods/`. */
import { userError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { MergeMethod } from '#shared/model/merge.ts'
import { byId, inOrder } from '#shared/model/registry.ts'
import type { MergeMethodRecord } from './method.ts'
import type { SliceMerge } from './slices.ts'

const files = import.meta.glob<MergeMethodRecord>('./methods/*.ts', { import: 'default', eager: true })
export const mergeMethods = inOrder(files)

/** @throws a user fault listing the known methods */
export const methodRecord = byId(mergeMethods, (method, methods) => sentence('merge.unknown-method', { method, methods }))

/** @throws a user error naming the method or its setting */
export function methodOf(name: string, settings: Readonly<Record<string, unknown>>): MergeMethod {
  const { settings: schema } = methodRecord(name)
  const known = Object.keys(schema.shape)
  const unknown = Object.keys(settings).find((key) => !known.includes(key))
  if (unknown !== undefined)
    throw userError(
      known.length
        ? sentence('merge.unknown-setting', { method: name, setting: unknown, known: known.join(', ') })
        : sentence('merge.no-settings', { method: name, setting: unknown }),
    )
  const parsed = schema.safeParse(settings)
  if (parsed.success) return { ...(parsed.data as Omit<MergeMethod, 'name'>), name }
  const issue = parsed.error.issues[0]!
  throw userError(sentence('merge.setting', { method: name, problem: inField(issue.path.join('.'), issue.message) }))
}

/** The method's record and its settings with defaults filled in. */
function taken({ name, ...settings }: MergeMethod) {
  const record = methodRecord(name)
  return { record, settings: record.settings.parse(settings) }
}

/** A factory for the per-tensor merge of `n` ingredients; settings are parsed once. */
export function sliceMerges(method: MergeMethod): (n: number, tensor: string) => SliceMerge {
  const { record, settings } = taken(method)
  return (n, tensor) => record.slices(settings, n, tensor)
}

/** The weights of `n` ingredients; null if the method is not a weighted mean. */
export function sharesOf(method: MergeMethod, n: number): readonly number[] | null {
  const { record, settings } = taken(method)
  return record.shares?.(settings, n) ?? null
}

/** @throws a user fault if the method cannot merge `n` ingredients */
export function checkMethod(method: MergeMethod, n: number): void {
  const { record, settings } = taken(method)
  checkCount(record, n)
  const objection = record.objection?.(settings, n)
  if (objection !== undefined) throw userError(objection)
}

type Counted = Pick<MergeMethodRecord, 'id' | 'relative' | 'least' | 'most'>

/** @throws a user fault if `n` ingredients are too few or too many */
export function checkCount({ id, relative, least, most = Infinity }: Counted, n: number): void {
  if (n < 1) throw userError(sentence('merge.none'))
  if (relative && most === 2 && n !== 2) throw userError(sentence('merge.two', { method: id, n }))
  if (n >= least) return
  if (!relative) throw userError(sentence('merge.at-least', { method: id, n: least }))
  throw userError(
    least === 2 ? sentence('merge.base-and-one', { method: id }) : sentence('merge.base-and-more', { method: id, n: least - 1 }),
  )
}
