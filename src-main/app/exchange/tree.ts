/** The folder an import reads from; nothing outside it is ever opened. */
import { type Dirent, existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imageExtensions } from '#shared/image-names.ts'
import type { Findings, Said } from './findings.ts'
import { isProjectFolder, ownNames } from '../../files/project-files.ts'
import { type Peek, peekAt } from './peek.ts'

export const isImage = (name: string) => imageExtensions.has(path.posix.extname(name).toLowerCase())
export const stemOf = (name: string) => name.slice(0, name.length - path.posix.extname(name).length)
const natural = new Intl.Collator('en', { numeric: true }).compare
const hidden = (name: string) => name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db'

/** Paths are relative to `root`, with forward slashes. */
export class Tree {
  /** Absolute, without symbolic links. */
  readonly root: string
  /** Files opened by a reader; the others count as unread. `peek` does not mark a file as taken. */
  readonly taken = new Set<string>()
  private readonly folders = new Map<string, string | null>()
  private readonly listings = new Map<string, string[]>()
  private readonly stems = new Map<string, Map<string, string[]>>()
  /** Names that are not valid UTF-8, as displayed; these files cannot be opened by name. */
  readonly undecodable = new Set<string>()

  /**
   * Top-level names that belong to a Dashi project, which may be in its images' folder. Deeper projects are not part
   * of the dataset.
   */
  private readonly own: ReadonlySet<string>

  /**
   * @param links whether links may lead out of the folder, with the user's consent
   * @param besides further top-level names to ignore
   */
  constructor(
    folder: string,
    private readonly links = false,
    besides: readonly string[] = [],
  ) {
    this.root = realpathSync.native(folder)
    this.own = new Set([...ownNames(this.root), ...besides])
  }

  private seen(rel: string, name: string): boolean {
    return !hidden(name) && !(rel === '' && this.own.has(name))
  }

  /** The absolute path for reading; marks the file as taken. */
  absolute(rel: string): string {
    this.took(rel)
    return this.at(rel)
  }

  /** Marks a file as read, however it was opened. */
  took(rel: string): void {
    this.taken.add(rel)
  }

  /** Looks at a file to detect its format, without marking it as taken. */
  peek(rel: string): Peek {
    return peekAt(this.at(rel))
  }

  private at(rel: string): string {
    return path.join(this.root, rel)
  }

  /** The real path, links resolved, of a path inside the tree; null otherwise. Folders are resolved once. */
  private real(rel: string): string | null {
    const slash = rel.lastIndexOf('/')
    const folder = this.realFolder(slash < 0 ? '' : rel.slice(0, slash))
    if (folder === null) return null
    if (rel === '') return folder
    const file = path.join(folder, rel.slice(slash + 1))
    try {
      const stat = lstatSync(file, { throwIfNoEntry: false })
      return stat === undefined ? null : this.inside(stat.isSymbolicLink() ? realpathSync.native(file) : file)
    } catch {
      return null
    }
  }

  private realFolder(rel: string): string | null {
    const known = this.folders.get(rel)
    if (known !== undefined) return known
    let real: string | null = null
    try {
      const folder = this.at(rel)
      if (existsSync(folder)) real = this.inside(realpathSync.native(folder))
    } catch {
      // treated as missing
    }
    if (this.folders.size > 10_000) this.folders.clear()
    this.folders.set(rel, real)
    return real
  }

  private inside(real: string): string | null {
    return this.links || real === this.root || real.startsWith(this.root + path.sep) ? real : null
  }

  isFile(rel: string): boolean {
    const real = this.real(rel)
    return real !== null && statSync(real).isFile()
  }

  isFolder(rel: string): boolean {
    const real = this.real(rel)
    return real !== null && statSync(real).isDirectory() && (rel === '' || !isProjectFolder(real))
  }

  private decodable(folder: string, rel: string, name: string): boolean {
    if (!name.includes('\ufffd') || lstatSync(path.join(folder, name), { throwIfNoEntry: false })) return true
    this.undecodable.add(rel ? `${rel}/${name}` : name)
    return false
  }

  /** The names in a folder in natural order; none if the folder is missing. */
  names(rel: string): string[] {
    const known = this.listings.get(rel)
    if (known) return known
    const real = this.real(rel)
    const names =
      real && statSync(real).isDirectory()
        ? readdirSync(real)
            .filter((n) => this.seen(rel, n) && this.decodable(real, rel, n))
            .sort(natural)
        : []
    if (this.listings.size > 64) this.listings.clear()
    this.listings.set(rel, names)
    return names
  }

  /** Every file below a folder in natural order. Links that leave the tree or form cycles are not followed. */
  *files(below = '', findings?: Findings, depth = 0): Generator<string> {
    const real = this.real(below)
    if (!real || depth > 40) return
    const entries = readdirSync(real, { withFileTypes: true }).filter(
      (e) => this.seen(below, e.name) && this.decodable(real, below, e.name),
    )
    entries.sort((a, b) => natural(a.name, b.name))
    for (const entry of entries) {
      const rel = below ? `${below}/${entry.name}` : entry.name
      const kind = this.kindOf(entry, rel)
      if (kind === 'outside') findings?.leave({ file: rel }, sentence('finding.link-outside'))
      else if (kind === 'folder') yield* this.files(rel, findings, depth + 1)
      else if (kind === 'file') yield rel
    }
  }

  private kindOf(entry: Dirent, rel: string): 'file' | 'folder' | 'outside' | 'other' {
    if (entry.isFile()) return 'file'
    if (entry.isDirectory()) return isProjectFolder(this.at(rel)) ? 'other' : 'folder'
    if (!entry.isSymbolicLink()) return 'other'
    const real = this.real(rel)
    if (!real) return 'outside'
    const stat = statSync(real)
    // Links to folders inside the tree are skipped: their contents are listed already.
    return stat.isFile() ? 'file' : 'other'
  }

  /**
   * UTF-8 text without the byte order mark.
   * @throws a data error if the file exceeds `limit` bytes
   */
  text(rel: string, limit = 1 << 28): string {
    const file = this.absolute(rel)
    if (!this.real(rel)) throw dataError(rel, sentence('file.leads-outside'))
    const { size } = statSync(file)
    if (size > limit) throw dataError(rel, sentence('file.too-large', { size, limit }))
    const text = readFileSync(file, 'utf8')
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }

  /** The images in a folder with this name, extension aside. */
  imagesByStem(folder: string, stem: string): string[] {
    let stems = this.stems.get(folder)
    if (!stems) {
      stems = new Map<string, string[]>()
      for (const name of this.names(folder).filter(isImage))
        stems.set(stemOf(name), [...(stems.get(stemOf(name)) ?? []), join(folder, name)])
      if (this.stems.size > 64) this.stems.clear()
      this.stems.set(folder, stems)
    }
    return stems.get(stem) ?? []
  }
}

export const join = (...parts: string[]) => {
  const joined = path.posix.join(...parts)
  return joined === '.' ? '' : joined
}

/** An image named by an annotation. */
export interface Found {
  /** Relative to the root. */
  path: string
  exists: boolean
  /** How the name had to be corrected to find the file. */
  repair?: Said
}

const isAbsolute = (name: string) => /^(?:[/\\]|[A-Za-z]:[/\\]|[a-z][a-z0-9+]*:\/\/)/.test(name)

/**
 * Looks for an image in the given folders (relative to the root), first under the exact name. Absolute paths, URLs and
 * names that climb out with `..` are matched by their last segments. A missing image gets a path inside the tree,
 * where its annotations wait for it; null if the name cannot be an image's.
 */
export function findImage(tree: Tree, name: string, bases: readonly string[]): Found | null {
  if (!name || name.includes('\0') || name.length > 4096) return null
  const given = name.replace(/^\.\//, '')
  if (!isAbsolute(given))
    for (const base of bases) {
      const rel = join(base, given)
      if (!climbs(rel) && tree.isFile(rel)) return { path: rel, exists: true }
    }
  else if (given.startsWith(tree.root + path.sep)) {
    const rel = path.relative(tree.root, path.normalize(given)).split(path.sep).join('/')
    if (!climbs(rel) && tree.isFile(rel)) return { path: rel, exists: true }
  }
  const slashed = given.replaceAll('\\', '/').replace(/^[a-z][a-z0-9+]*:\/\/[^/]*|^[A-Za-z]:/, '')
  const steps = slashed.split('/').filter((s) => s && s !== '.')
  const lastClimb = steps.lastIndexOf('..')
  const safe = steps.slice(lastClimb + 1)
  for (let from = safe.join('/') === given ? 1 : 0; from < safe.length; from++)
    for (const base of bases) {
      const rel = join(base, safe.slice(from).join('/'))
      if (tree.isFile(rel))
        return {
          path: rel,
          exists: true,
          ...(rel === join(base, given) ? {} : { repair: sentence('finding.found-as', { name, found: rel }) }),
        }
    }
  const outside = isAbsolute(given) || lastClimb >= 0
  if (safe.length === 0 || (outside && !isImage(safe.at(-1)!))) return null
  return { path: outside ? safe.join('/') : join(bases[0] ?? '', safe.join('/')), exists: false }
}

const climbs = (rel: string) => rel === '..' || rel.startsWith('../') || isAbsolute(rel)
