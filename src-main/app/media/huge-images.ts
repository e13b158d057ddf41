/** The process that decodes one huge image; it may be killed at any moment. On failure, its last line on stderr is the reason. */
import { mkdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { tileSide } from '#shared/contract/urls.ts'
import { errorLine } from '#shared/errors.ts'
import { openPicture } from '../../engine/data/index.ts'
import { hugeTask } from './huge-task.ts'
import { rasterOf } from './raster.ts'

// The parent may be gone. Unref: listening to the channel must not keep this process alive.
process.on('disconnect', () => process.exit(1))
process.channel?.unref()

try {
  // Labelling takes precedence.
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
} catch {
  // not permitted here
}
try {
  const task = hugeTask.parse(JSON.parse(process.argv.at(-1)!))
  await rasterOf(task.file, task.name)
  const image = (await openPicture(task.file, { sequentialRead: true }, undefined, task.name)).autoOrient()
  if (task.kind === 'pyramid') {
    mkdirSync(task.out, { recursive: true })
    await image
      .webp({ quality: 85, effort: 2 })
      .tile({ size: tileSide, overlap: 0, depth: 'onetile', container: 'fs', layout: 'dz' })
      .toFile(join(task.out, 'p.dz'))
  } else
    await image.resize(task.side, task.side, { fit: 'inside', withoutEnlargement: true }).webp({ quality: 82, effort: 2 }).toFile(task.out)
} catch (e) {
  process.stderr.write(`${errorLine(e)}\n`)
  process.exitCode = 1
}
