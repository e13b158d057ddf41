/** Which offers to make for dropped files and folders. */
import type { LookedAt } from '#shared/contract/app.ts'

/** One choice in the dialog; `folder` and `file` are what it acts on. */
export type Offer =
  | { kind: 'openProject' | 'openFolder' | 'openParent'; folder: string }
  | { kind: 'addFolders'; folders: string[] }
  | { kind: 'addImages'; files: string[] }
  | { kind: 'import' | 'importFolder'; file: string }
  | { kind: 'importThere'; folder: string; file: string }

/** At most this many annotation files get an offer of their own. */
export const most = 5

/** Likeliest first. `alone`: the single obvious offer, carried out at once. */
export function offersFor(dropped: readonly LookedAt[], opened: boolean): { offers: Offer[]; alone: boolean; more: number } {
  const of = (kind: LookedAt['kind']) => [...new Set(dropped.filter((d) => d.kind === kind).map((d) => d.path))]
  const [projects, folders, images, files] = [of('project'), of('folder'), of('image'), of('file')]
  const parents = [...new Set(dropped.filter((d) => d.kind === 'image').map((d) => d.folder))]
  const open: Offer[] = folders.map((folder) => ({ kind: 'openFolder', folder }))
  const offers: Offer[] = [
    ...projects.map((folder): Offer => ({ kind: 'openProject', folder })),
    ...(opened && folders.length
      ? [{ kind: 'addFolders', folders } as const, ...folders.map((file): Offer => ({ kind: 'importFolder', file }))]
      : []),
    ...(opened && images.length ? [{ kind: 'addImages', files: images } as const] : []),
    ...(opened ? files.slice(0, most).map((file): Offer => ({ kind: 'import', file })) : []),
    ...open,
    ...(opened ? [] : parents.map((folder): Offer => ({ kind: 'openParent', folder }))),
    ...(opened
      ? []
      : dropped
          .filter((d) => d.kind === 'file')
          .slice(0, most)
          .map((d): Offer => ({ kind: 'importThere', folder: d.folder, file: d.path }))),
  ]
  const first = offers[0]
  const alone = offers.length === 1 && (first!.kind === 'openProject' || first!.kind === 'openFolder' || first!.kind === 'addImages')
  return { offers, alone, more: Math.max(0, files.length - most) }
}
