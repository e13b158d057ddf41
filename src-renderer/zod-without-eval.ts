/** Imported first: zod decides as a schema is made whether to compile parsers, which needs eval, which the page's security policy refuses. */
import { config } from 'zod'

config({ jitless: true })
