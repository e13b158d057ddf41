/** Takes in images that were named one by one. */
import { basename, dirname, relative, resolve, sep } from 'node:path'
import type { ScanResult } from '#shared/model/scan.ts'
import { isBelow, Within } from '../../files/within.ts'
import { addRecords, placesOf, type Project } from '../projects/index.ts'

/**
 * A file below one of the project's image folders is entered as that folder's, so that no image occurs twice. Links that lead out of
 * the folder are left out.
 */
export function addImages(project: Project, files: readonly string[]): ScanResult {
  const known = [...placesOf(project).values()].sort((a, b) => b.folder.length - a.folder.length)
  const byFolder = new Map<string, string[]>()
  const links: ScanResult['links'] = { count: 0, examples: [] }
  for (const file of files.map((f) => resolve(f))) {
    const place = known.find((p) => isBelow(p.folder, file)) ?? new Within({ folder: dirname(file), links: false })
    const name = relative(place.folder, file).split(sep).join('/')
    const to = place.linkOut(name)
    if (to !== null) {
      links.count++
      links.examples.push({ path: file, to })
      continue
    }
    const names = byFolder.get(place.folder)
    if (names) names.push(name)
    else byFolder.set(place.folder, [name])
  }
  let images = 0
  for (const [root, names] of byFolder) {
    addRecords(
      project,
      names.map((fileName) => ({ fileName })),
      { root, action: names.length === 1 ? `add ${basename(names[0]!)}` : `add ${names.length} images of ${root}` },
    )
    images += names.length
  }
  return { images, links, leftOut: [], skipped: [], unreadable: 0 }
}
