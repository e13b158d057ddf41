/** The engine's process killed at thirty moments. */
import { survivesKills } from './kills.ts'

survivesKills({ training: 12, merging: 10, preview: 8 })
