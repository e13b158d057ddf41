/** Names of class numbers and codes (/m/01yrx, n01440764), from a file next to the annotations. */
import path from 'node:path'
import { parse as parseYaml } from 'yaml'
import { sentence } from '#shared/sentences/table.ts'
import type { Said } from './findings.ts'
import { isObject, keyNamed } from './fields.ts'
import { folderOf } from './lookup.ts'
import { parsePythonJson } from './json.ts'
import { beginning, firstRows } from './rows.ts'
import type { Tree } from './tree.ts'

export interface LabelMap {
  /** The file the names were read from. */
  file: string
  names: ReadonlyMap<string, string>
}

const listName = /^(?:classes|class[-_ ]?names?|labels?|label[-_ ]?names?|categories|names|obj)\.(?:txt|names)$/i
const tableName = /(?:class|label|categor|names|mapping|descriptions)[^/]*\.(?:csv|tsv|txt)$/i
const jsonName = /(?:class|label|categor|names|mapping|id2|idx|_map)[^/]*\.json$/i
const limit = 1 << 22

/**
 * Returns the first label map found next to the file, one level above it or at the top. Files that turn out not to be
 * maps do not count as taken.
 */
export function labelMapFor(tree: Tree, file: string, fits: (names: ReadonlyMap<string, string>) => boolean = () => true): LabelMap | null {
  const folders = [...new Set([folderOf(file), folderOf(folderOf(file)), ''])]
  for (const folder of folders)
    for (const name of tree.names(folder)) {
      const rel = folder ? `${folder}/${name}` : name
      if (rel === file || !isMap(name) || !tree.isFile(rel)) continue
      try {
        const names = mapIn(tree, rel)
        if (names.size > 0 && fits(names)) {
          tree.took(rel)
          return { file: rel, names }
        }
      } catch {
        // not a label map
      }
    }
  return null
}

const isMap = (name: string) =>
  listName.test(name) || tableName.test(name) || jsonName.test(name) || /\.pbtxt$/i.test(name) || /^(?:data|dataset)\.ya?ml$/i.test(name)

function mapIn(tree: Tree, file: string): Map<string, string> {
  const name = path.posix.basename(file)
  if (/\.json$/i.test(name)) return ofJson(parsePythonJson(tree.text(file, limit)))
  if (/\.pbtxt$/i.test(name)) return ofPbtxt(tree.text(file, limit))
  if (/\.ya?ml$/i.test(name)) {
    const yaml: unknown = parseYaml(tree.text(file, limit), { maxAliasCount: 100 })
    return isObject(yaml) ? ofJson(yaml['names']) : new Map()
  }
  const text = beginning(tree.absolute(file), limit)
  if (listName.test(name) && !lines(text).every((l) => /^(?:\d+|n\d{8}|\/m\/\w+)[\s,:;]|[,:;\t]\s*\d+$/.test(l)))
    return new Map(lines(text).map((l, i) => [String(i), l]))
  return ofTable(text)
}

const lines = (text: string) =>
  text
    .split(/\r?\n/)
    .map((l) => l.trim())
    .filter(Boolean)

/** A list of names, names by id, ids by name, or a list of objects with both. */
export function ofJson(json: unknown): Map<string, string> {
  if (Array.isArray(json)) {
    const entries = json.map((v: unknown, i): [string, string] | null => {
      if (typeof v === 'string') return [String(i), v]
      if (!isObject(v)) return null
      const [id, name] = [keyNamed(Object.keys(v), idNames), keyNamed(Object.keys(v), valueNames)]
      return id !== undefined && name !== undefined ? [String(v[id]), String(v[name])] : null
    })
    return new Map(entries.filter((e) => e !== null))
  }
  if (!isObject(json)) return new Map()
  for (const key of ['id2label', 'id_to_label', 'idx_to_class', 'names', 'classes', 'labels', 'categories', 'label_map'])
    if (isObject(json[key]) || Array.isArray(json[key])) return ofJson(json[key])
  const pairs = Object.entries(json)
  if (
    pairs.length > 0 &&
    pairs.every(([, v]) => typeof v === 'number' || (typeof v === 'string' && /^\d+$/.test(v))) &&
    !pairs.every(([k]) => /^\d+$/.test(k))
  )
    return new Map(pairs.map(([name, id]) => [String(id), name]))
  return new Map(
    pairs.flatMap(([id, v]): [string, string][] => {
      const name =
        Array.isArray(v) && v.length > 0 ? (v.at(-1) as unknown) : isObject(v) ? v[keyNamed(Object.keys(v), valueNames) ?? ''] : v
      return typeof name === 'string' ? [[id, name]] : []
    }),
  )
}

/** TensorFlow: item { id: 1 name: 'cat' display_name: "Cat" }. */
function ofPbtxt(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/item\s*\{([^}]*)\}/g)].flatMap(([, body]): [string, string][] => {
      const field = (name: string) =>
        new RegExp(`\\b${name}\\s*:\\s*(?:"([^"]*)"|'([^']*)'|(\\S+))`)
          .exec(body!)
          ?.slice(1)
          .find((s) => s !== undefined)
      const [id, name] = [field('id'), field('display_name') ?? field('name')]
      return id && name ? [[id, name]] : []
    }),
  )
}

const idNames = [
  'id',
  'index',
  'idx',
  'class_id',
  'label_id',
  'category_id',
  'class_index',
  'label_index',
  'number',
  'label_num',
  'classid',
  'labelid',
  'class_idx',
  'value',
  'code',
  'LabelName',
]
const valueNames = [
  'name',
  'class_name',
  'label_name',
  'category_name',
  'display_name',
  'DisplayName',
  'class',
  'label',
  'category',
  'title',
  'description',
]

/** Two columns in either order, with or without a header: `0,cat`, `cat,0`, `n01440764 tench`, `/m/01yrx,Cat`. */
function ofTable(text: string): Map<string, string> {
  const delimiter = [',', '\t', ';', ':'].find((d) =>
    lines(text)
      .slice(0, 20)
      .every((l) => l.includes(d)),
  )
  if (delimiter === undefined) {
    const pairs = lines(text).map((l) => /^(\S+)\s+(.+)$/.exec(l))
    return pairs.every((p) => p && /^(?:\d+|n\d{8})$/.test(p[1]!)) ? new Map(pairs.map((p) => [p![1]!, p![2]!.trim()])) : new Map()
  }
  const rows = firstRows(text, delimiter, 100_000).map((r) => r.map((f) => f.trim()))
  const header = rows[0] ?? []
  const [id, name] = [keyNamed(header, idNames), keyNamed(header, valueNames)]
  const isCode = (s: string) => /^\d+$|^\/[mgt]\/|^n\d{8}$/.test(s)
  if (id !== undefined && name !== undefined && id !== name && !isCode(header[header.indexOf(id)]!))
    return new Map(rows.slice(1).flatMap((r) => pair(r[header.indexOf(id)], r[header.indexOf(name)])))
  if (rows.length === 0 || !rows.every((r) => r.length >= 2)) return new Map()
  const body = isCode(header[0]!) || isCode(header[1]!) ? rows : rows.slice(1)
  if (body.every((r) => isCode(r[0]!))) return new Map(body.flatMap((r) => pair(r[0], r[1])))
  return body.every((r) => isCode(r[1]!)) ? new Map(body.flatMap((r) => pair(r[1], r[0]))) : new Map()
}

const pair = (id: string | undefined, name: string | undefined): [string, string][] => (id && name ? [[id, name]] : [])

const isWhole = (s: string) => /^\d+(?:\.0+)?$/.test(s)
const whole = (s: string) => (isWhole(s) ? String(Math.trunc(Number(s))) : s)

/**
 * Translates labels that are all numbers or codes using a map next to the file; without a map, or with other labels,
 * they stay. An unnumbered list counts from 0, or from 1 if only that fits.
 */
export function namer(
  tree: Tree,
  file: string,
  used: ReadonlySet<string>,
  note: (text: Said) => void,
): { name: (label: string) => string; names: string[] } {
  const asTheyAre = { name: (label: string) => label, names: [] }
  const ids = [...used].filter(Boolean)
  if (ids.length === 0) return asTheyAre
  const numbers = ids.every(isWhole)
  const codes = !numbers && ids.every((s) => /^\/[mgt]\/\w+$|^n\d{8}$/.test(s))
  const keys = ids.map(whole)
  let from1 = false
  const map = labelMapFor(tree, file, (names) => {
    const known = keys.filter((k) => names.has(k)).length
    if (
      numbers &&
      known < keys.length &&
      !keys.includes('0') &&
      names.has('0') &&
      !names.has(String(names.size)) &&
      keys.every((k) => names.has(String(Number(k) - 1)))
    )
      return (from1 = true)
    return numbers || codes
      ? known === keys.length || known > keys.length / 2
      : known === keys.length && keys.some((k) => names.get(k) !== k)
  })
  if (!map) {
    if (numbers) note(sentence('note.numbers-unnamed', { file }))
    if (codes) note(sentence('note.codes-unnamed', { file }))
    return asTheyAre
  }
  note(sentence(from1 ? 'note.classes-named-from-one' : 'note.classes-named', { file, map: map.file }))
  const key = (label: string) => (from1 ? String(Number(whole(label)) - 1) : whole(label))
  return {
    name: (label) => map.names.get(key(label)) ?? label,
    names: numbers ? [...map.names.values()] : [...new Set(keys.flatMap((k) => map.names.get(k) ?? []))],
  }
}
