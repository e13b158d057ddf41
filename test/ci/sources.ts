/** The program's sources as the tests of its structure see them: files, what each imports, and the circles that imports make. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

export const root = path.resolve(import.meta.dirname, '../..')

/** Every source file of src-*, as a path from the root with forward slashes. */
export const sourceFiles: readonly string[] = ['src-main', 'src-renderer', 'src-shared']
  .flatMap((top) => readdirSync(path.join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => path.join(top, name)))
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.(ts|vue)$/.test(file))
  .sort()

export const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** The program code of a component; any other file is all of it. */
export const scriptOf = (file: string, text: string): string =>
  file.endsWith('.vue') ? [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((m) => m[1]).join('\n') : text

/** What one file imports of `files`: types, re-exports and `import()` included, and with `globs` what an `import.meta.glob` finds. */
export function importsOf(file: string, text: string, files: ReadonlySet<string>, globs = true): string[] {
  const script = scriptOf(file, text)
  const named = ts.preProcessFile(script, true, true).importedFiles.map((i) => resolved(file, i.fileName))
  const globbed = [...script.matchAll(/import\.meta\.glob(?:<[^(]*>)?\(([^)]*)\)/g)].flatMap(([, given]) =>
    [...given!.matchAll(/['"`]([./][^'"`]*\*[^'"`]*)['"`]/g)].flatMap(([, pattern]) => {
      const wanted = patternOf(resolved(file, pattern!))
      return [...files].filter((f) => wanted.test(f))
    }),
  )
  return [...new Set([...named, ...(globs ? globbed : [])])].filter((f) => f !== file && files.has(f))
}

/** `*`: anything within a folder; `**` with a slash: any folders. */
const patternOf = (glob: string): RegExp => {
  const plain = (part: string) => part.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replaceAll('*', '[^/]*')
  return new RegExp(`^${glob.split('**/').map(plain).join('(?:.*/)?')}$`)
}

const resolved = (from: string, name: string): string =>
  name.startsWith('#shared/')
    ? `src-shared/${name.slice('#shared/'.length)}`
    : name.startsWith('.')
      ? path.posix.join(path.posix.dirname(from), name.replace(/\?.*$/, ''))
      : name

/** Imports of every source file: file → files. */
export function importGraph(globs = true): Map<string, string[]> {
  const known = new Set(sourceFiles)
  return new Map(sourceFiles.map((file) => [file, importsOf(file, textOf(file), known, globs)]))
}

/** Groups of files that reach each other by imports (strongly connected components of two or more; Tarjan 1972). */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const open = new Set<string>()
  const found: string[][] = []
  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.get(file)!)
    stack.push(file)
    open.add(file)
    for (const next of graph.get(file) ?? []) {
      if (!index.has(next)) visit(next)
      if (open.has(next)) low.set(file, Math.min(low.get(file)!, low.get(next)!))
    }
    if (low.get(file) !== index.get(file)) return
    const members = stack.splice(stack.indexOf(file))
    for (const member of members) open.delete(member)
    if (members.length > 1) found.push(members.sort())
  }
  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return found.sort((a, b) => b.length - a.length || (a[0]! < b[0]! ? -1 : 1))
}

/** A circle as one line a file, each with what it takes from the others of the circle. */
export function describeCircle(circle: readonly string[], graph: ReadonlyMap<string, readonly string[]>): string {
  const inside = new Set(circle)
  return circle
    .map(
      (file) =>
        `${file}\n    → ${graph
          .get(file)!
          .filter((f) => inside.has(f))
          .join(', ')}`,
    )
    .join('\n  ')
}
