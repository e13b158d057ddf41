/** A few of the moments of engine.long.test.ts. */
import { survivesKills } from './kills.ts'

survivesKills({ training: 3, merging: 2, preview: 2 })
