/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of concerns: every record in `concerns/`. */
import { type Concern, concernLevel } from '#shared/model/plan.ts'
import type { ConcernRecord } from './concern.ts'
import type { Facts } from './facts.ts'

const files = import.meta.glob<ConcernRecord>('./concerns/*.ts', { import: 'default', eager: true })
const rank = (c: ConcernRecord) => concernLevel.options.indexOf(c.level) * 1000 + c.order
/** Blockers first. */
export const concerns: readonly ConcernRecord[] = Object.values(files).sort((a, b) => rank(a) - rank(b))

export const concernsOf = (facts: Facts): Concern[] =>
  concerns.flatMap(({ id, level, problem, cure, link = null, find }) => {
    const found = find(facts)
    return found ? [{ id, level, problem, cure, link, with: { ...found } }] : []
  })
