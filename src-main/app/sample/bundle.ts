import { gzipSync } from 'node:zlib'
import { styles, type Style } from '#shared/model/sample.ts'
import { conceptFiles, concepts } from './concepts.ts'
import { findIcon, iconSet, iconsFile, rootIcon, type IconSet } from './iconset.ts'

/**
 * The packaged program's substitute for the data packages (110 MB): each of their files that the sample reads, by
 * specifier, and only those icons that draw a concept. The same concepts are found in it as in the full sets, because
 * only icons of no concept are missing.
 */
export function sampleBundle(): Buffer {
  const icons = styles.map((style) => [iconsFile(style), drawnOnly(style)] as const)
  return gzipSync(JSON.stringify({ ...Object.fromEntries(icons), ...conceptFiles() }), { level: 9 })
}

/** The set reduced to the icons of concepts, and the aliases that lead to them. */
function drawnOnly(style: Style): IconSet {
  const set = iconSet(style)
  const names = concepts().flatMap((concept) => concept.styles[style] ?? [])
  for (const name of names) findIcon(style, name) // reports a missing icon at build time rather than at the user's
  const kept = new Set(names.map((name) => rootIcon(set, name)))
  const only = <T>(all: Record<string, T>) => Object.fromEntries(Object.entries(all).filter(([name]) => kept.has(rootIcon(set, name))))
  return { ...set, icons: only(set.icons), aliases: only(set.aliases) }
}
