/** Projects of JPEGs whose class can be told by their colours. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { addRecords, createProject } from '../../src-main/app/projects/index.ts'
import { Rng } from '../../src-main/engine/data/rng.ts'

/** In `dir/pictures` as `0.jpg`, …, and the project in `dir/project`. @returns the project's folder */
export async function paintedProject(
  dir: string,
  { images, classes, width, height }: { images: number; classes: number; width: number; height: number },
): Promise<string> {
  const root = join(dir, 'pictures')
  mkdirSync(root)
  const records = await Promise.all(
    Array.from({ length: images }, async (_, i) => {
      const rng = Rng.of(0, i)
      const label = i % classes
      const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_v, k) => 128 + 60 * Math.sin(label + (k % 3)) + 60 * (rng.uniform() - 0.5))
      const fileName = `${i}.jpg`
      await sharp(pixels, { raw: { width: 40, height: 30, channels: 3 } })
        .resize(width, height)
        .jpeg()
        .toFile(join(root, fileName))
      return { fileName, width, height, split: 'train', labels: [{ label: `class ${label}` }] }
    }),
  )
  const project = createProject(join(dir, 'project'), { name: 'painted', user: 'ann' })
  addRecords(project, records, { root })
  project.close()
  return project.folder
}
