/** libsql, loaded with the first database: much of the terminal opens none. */
import { createRequire } from 'node:module'
import type Libsql from 'libsql'

const installed = createRequire(import.meta.url)
let loaded: typeof Libsql | undefined

export const connect = (file: string): Libsql.Database => new (loaded ??= installed('libsql') as typeof Libsql)(file)
