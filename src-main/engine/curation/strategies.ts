/// <reference types="vite/types/importMeta.d.ts" />
/** The registry of strategies: every record in `strategies/`. */
import { byId, inOrder } from '#shared/model/registry.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { StrategyRecord } from './strategy.ts'

const files = import.meta.glob<StrategyRecord>('./strategies/*.ts', { import: 'default', eager: true })
export const strategies = inOrder(files)

/** @throws a user fault listing the known strategies */
export const strategyRecord = byId(strategies, (strategy, known) => sentence('next.unknown-strategy', { strategy, known }))
