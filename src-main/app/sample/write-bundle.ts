/** `node sample-bundle.js FILE`: a step of the build. */
import { writeFileSync } from 'node:fs'
import { sampleBundle } from './bundle.ts'

writeFileSync(process.argv[2]!, sampleBundle())
