/// <reference types="vite/types/importMeta.d.ts" />
/** All kinds of jobs: every record in `kinds/`. */
import type { JobKind } from './kind.ts'

const files = import.meta.glob<JobKind>('./kinds/*.ts', { import: 'default', eager: true })

export const jobKinds: ReadonlyMap<string, JobKind> = new Map(Object.values(files).map((kind) => [kind.id, kind]))
