/** `node sample-bundle.js FILE`: a build step. */
import { writeFileSync } from 'node:fs'
import { sampleBundle } from './bundle.ts'

writeFileSync(process.argv[2]!, sampleBundle())
