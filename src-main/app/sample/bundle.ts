import { gzipSync } from 'node:zlib'
import { styles, type Style } from '#shared/model/sample.ts'
import { conceptFiles, concepts } from './concepts.ts'
import { findIcon, iconSet, iconsFile, rootIcon, type IconSet } from './iconset.ts'

/**
 * What a packaged program carries in place of the data packages (110 MB): each of their files that the sample reads, by the
 * specifier that it is read by, and of the icons only those that a concept is drawn with. The concepts found in it are those
 * found in the whole sets: an icon that is missing here is one that no concept took.
 */
export function sampleBundle(): Buffer {
  const icons = styles.map((style) => [iconsFile(style), drawnOnly(style)] as const)
  return gzipSync(JSON.stringify({ ...Object.fromEntries(icons), ...conceptFiles() }), { level: 9 })
}

/** The set with the icons of the concepts alone, and the aliases that lead to them. */
function drawnOnly(style: Style): IconSet {
  const set = iconSet(style)
  const names = concepts().flatMap((concept) => concept.styles[style] ?? [])
  for (const name of names) findIcon(style, name) // says which is missing, now and not at the user's
  const kept = new Set(names.map((name) => rootIcon(set, name)))
  const only = <T>(all: Record<string, T>) => Object.fromEntries(Object.entries(all).filter(([name]) => kept.has(rootIcon(set, name))))
  return { ...set, icons: only(set.icons), aliases: only(set.aliases) }
}
