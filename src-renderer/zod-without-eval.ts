/**
 * Imported first: when a schema is made, zod decides whether to compile parsers. That needs eval, which the page’s
 * Content-Security-Policy forbids.
 */
import { config } from 'zod'

config({ jitless: true })
