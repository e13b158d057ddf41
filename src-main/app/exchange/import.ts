/** Imports annotations of any format into a project. */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { dataError, userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { importOptions, type ImportOptions, type ImportReport } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { Findings } from './findings.ts'
import { grouped } from '../../db/journal.ts'
import { mayBeMissing, relink } from '../media/relink.ts'
import type { Project } from '../projects/project.ts'
import { agreeToLinks, listRoots } from '../projects/index.ts'
import { realPlace } from '../../files/places.ts'
import { datasetRoot, detectFormat } from './detect.ts'
import type { Source } from './draft.ts'
import { canImport, type Format } from './format.ts'
import { formatRecord, settingsOf } from './formats.ts'
import { isAnnotationLike } from './looks.ts'
import { heldImages } from './opinion.ts'
import { mapOrdered, type RunOptions } from './progress.ts'
import { settle, sha256 } from './settle.ts'
import { Storing } from './storing.ts'
import { isImage, Tree } from './tree.ts'
import { Unpacked } from './unpacked.ts'
import { type Left, leftIn } from './unread.ts'
import { unpackZip } from './zip.ts'

/**
 * Reads a file or folder into a project. Valid data is imported, the rest is reported with reasons. Records are stored
 * after everything has been read: in one transaction, in several that form one undo step (`sharing`), or in batches
 * that a second run resumes. Images are referenced in place; those in an archive (tar, zip) are unpacked into the
 * project's `media` folder. Importing the same data twice adds nothing.
 * @throws a user or data error naming the path, the format or the option
 */
export async function importInto(project: Project, given: string, options: ImportOptions & RunOptions = {}): Promise<ImportReport> {
  const began = performance.now()
  const { onProgress, signal, sharing, ...rest } = options
  const parsed = importOptions.safeParse(rest)
  if (!parsed.success) throw userError(issueSentence(parsed.error))
  const findings = new Findings()
  const input = path.resolve(given)
  if (!existsSync(input)) throw userError(sentence('file.no-such-path', { path: given }))
  const unpacked = new Unpacked(project)
  const unpackTo = unpacked.folder
  const store = new Storing(project, { ...parsed.data, onProgress, signal, sharing }, findings)
  try {
    let at = input
    if (/\.zip$/i.test(input)) {
      // The name includes the content's hash: another archive of the same name gets its own folder.
      at = unpackTo(`${path.basename(input).replace(/(\.dashi)?\.zip$/i, '')}-${(await sha256(input)).slice(0, 12)}`)
      await unpackZip(input, at, findings, signal)
    }
    const besides = ownBesides(project, at)
    const format = formatRecord(parsed.data.format === 'auto' ? await detectFormat(at, besides) : parsed.data.format)
    if (!canImport(format)) throw userError(sentence('exchange.cannot-import', { format: format.id }))
    if (besides && format.archive) throw userError(sentence('exchange.project-itself', { path: given }))
    const settings = settingsOf(format, 'import', parsed.data.settings)
    const taken: Taken = {
      annotations: { regions: 0, labels: 0, captions: 0 },
      missing: 0,
      unread: [],
      unreadFiles: 0,
      unmentioned: 0,
      skipped: [],
    }
    const read = () =>
      readAll(statSync(at).isFile() || besides || format.beside ? at : datasetRoot(at), format, {
        options: parsed.data,
        settings,
        findings,
        taken,
        unpackTo,
        store,
        besides,
      })
    const root = parsed.data.batch === undefined ? await grouped(project.db, project.user, read) : await read()
    return {
      format: format.id,
      root,
      images: store.images,
      counts: store.counts,
      ...taken,
      nothingTaken: tookNothing(taken, findings),
      unreadable: [],
      unreadableImages: 0,
      ...findings.report,
      seconds: (performance.now() - began) / 1000,
    }
  } catch (e) {
    throw unpacked.undo(given, e, signal?.aborted ?? false)
  } finally {
    store.close()
  }
}

/** Outcome of an import that is not stored in the project. */
type Taken = Pick<ImportReport, 'annotations' | 'missing'> & Left

/**
 * Whether there were annotation files but nothing came of them. Files that are validly empty (no rows, an empty list)
 * count as read.
 */
function tookNothing({ annotations: { regions, labels, captions }, unread }: Taken, findings: Findings): boolean {
  if (regions + labels + captions > 0) return false
  return unread.some((u) => u.likely) || findings.list.some((f) => f.level === 'left out' && isAnnotationLike(f.file.split(':')[0]!))
}

interface Reading {
  options: Source['options']
  settings: Record<string, unknown>
  findings: Findings
  taken: Taken
  unpackTo: Source['unpackTo']
  store: Storing
  besides: readonly string[] | undefined
}

/** If `folder` is the project's own folder, the entries that are not images of it; undefined for any other folder. */
export function ownBesides(project: Project, folder: string): readonly string[] | undefined {
  if (realPlace(folder) !== realPlace(project.folder)) return undefined
  return listRoots(project).some((r) => r.path === 'media' || r.path.startsWith('media/')) ? ['media'] : []
}

/** Returns the folder that image paths are relative to. */
async function readAll(at: string, format: Format, reading: Reading): Promise<string> {
  const { options, settings, findings, taken, unpackTo, store, besides } = reading
  if (format.archive) {
    for (const { record, root } of format.archive.records(at, findings, (labels) => store.declare(labels))) {
      count(taken, record)
      store.put(record, root)
    }
    await store.finish()
    return at
  }
  const isFile = statSync(at).isFile()
  const folder = isFile ? datasetFolder(at, format) : at
  const tree = new Tree(folder, options.followLinks, besides)
  const images = options.images === undefined ? tree : new Tree(existingFolder(options.images), options.followLinks)
  let root: string | undefined
  const source: Source = {
    tree,
    images,
    file: isFile ? path.relative(folder, at).split(path.sep).join('/') : null,
    findings,
    options,
    unpackTo,
    took: (taken) => tree.took(taken),
    declareLabels: (labels) => store.declare(labels),
  }
  // Images annotated before their files existed are linked now, so that they are recognised below.
  if (mayBeMissing(store.project)) await relink(store.project, images.root, imagesIn(images))
  // A second person's file often lies apart from the images, which are then read where the project has them.
  const opinion = options.secondOpinion !== undefined
  const held = opinion ? heldImages(store.project) : () => null
  const settled = mapOrdered(format.read!(source, settings), 8, async (draft) => {
    tree.took(draft.where.file)
    if (!draft.root) images.took(draft.image.path)
    const own = draft.image.exists ? null : held(draft.image.path)
    const at = own?.root ?? draft.root ?? images.root
    const exists = draft.image.exists || own !== null
    const there = { ...draft, image: { ...draft.image, exists } }
    return { at, exists, record: await settle(source, there, path.join(at, draft.image.path)) }
  })
  for await (const { at, exists, record } of settled) {
    if (record) {
      count(taken, record)
      if (!exists && !opinion) taken.missing++ // a second opinion waits for no files
      store.put(record, at)
    }
    root ??= at
  }
  for (const name of new Set([...tree.undecodable, ...images.undecodable]))
    findings.leave({ file: name }, sentence('finding.name-not-utf8'))
  if (!isFile) Object.assign(taken, leftIn(tree))
  if (store.images + findings.leftOut === 0) throw dataError(at, sentence('exchange.nothing-in-format', { format: format.id }))
  await store.finish()
  if (options.followLinks) agreeToLinks(store.project, images.root)
  return root ?? images.root
}

function* imagesIn(tree: Tree): Generator<string> {
  for (const file of tree.files('')) if (isImage(file)) yield file
}

function count({ annotations }: Taken, { regions, labels, captions }: ImageRecord): void {
  annotations.regions += regions?.length ?? 0
  annotations.labels += labels?.length ?? 0
  annotations.captions += captions?.length ?? 0
}

/** Files in `annotations/`, `data/` or `ann/` belong to the dataset one folder up. */
function datasetFolder(file: string, format: Format): string {
  const folder = path.dirname(file)
  const apart = format.apart?.includes(path.basename(folder))
  return apart ? path.dirname(folder) : folder
}

function existingFolder(folder: string): string {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) throw userError(sentence('exchange.no-images-folder', { folder }))
  return folder
}
