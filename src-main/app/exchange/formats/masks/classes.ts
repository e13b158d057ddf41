/** Meanings of mask values and colours, from the class tables stored next to the masks, in their writers' dialects. */
import path from 'node:path'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Said } from '../../findings.ts'
import type { Source } from '../../draft.ts'
import { parsePythonJson } from '../../json.ts'
import { rgb } from '../../pixels.ts'
import { isImage } from '../../tree.ts'

export interface Classes {
  byValue: Map<number, string>
  byColour: Map<number, string>
}
interface Row {
  name: string
  value?: number | undefined
  colour?: number | undefined
}

export const isBackground = (name: string) => /^_*(background|bg|ignored?|void|unlabell?ed)_*$/i.test(name.trim())

const tableNames = [
  /^(labelmap|label_?colou?rs?|objectInfo\w*)\.(txt|csv)$/i,
  /^(class_?dict\w*|_?classes)\.csv$/i,
  /^(colou?r_?map|palette|class_?colou?rs?)\.(txt|csv|json)$/i,
  /^(classes|dataset_meta|meta|config(_v[\d.]+)?|id2label)\.json$/i,
]
const listName = /^(classes|labels|class_names|names)\.txt$/i

/** Uses the shallowest table, preferring tables with colours or values over plain lists. */
export function classesOf(source: Source): Classes {
  const { tree, findings } = source
  const classes: Classes = { byValue: new Map(), byColour: new Map() }
  const depth = (f: string) => f.split('/').length
  const all = [...tree.files('')]
  const files = all.filter((f) => !isImage(f)).sort((a, b) => depth(a) - depth(b))
  const names = (...patterns: RegExp[]) => files.filter((f) => patterns.some((p) => p.test(path.posix.basename(f))))
  for (const file of names(...tableNames)) {
    let rows: Row[]
    try {
      rows = readTable(tree.peek(file).file, tree.text(file, 1 << 24), (line, reason) => findings.leave({ file, line }, reason))
    } catch (e) {
      findings.leave({ file }, reasonFor(e))
      continue
    }
    if (rows.length === 0) continue
    for (const { name, value, colour } of rows) {
      if (value !== undefined && !classes.byValue.has(value)) classes.byValue.set(value, name)
      if (colour !== undefined && !classes.byColour.has(colour)) classes.byColour.set(colour, name)
    }
    break
  }
  if (classes.byValue.size + classes.byColour.size === 0) {
    const list = names(listName)[0]
    const lines = list
      ? tree
          .text(list, 1 << 24)
          .split(/\r?\n/)
          .filter((l) => l.trim() && !l.startsWith('#'))
          .map((l) => l.trim())
      : []
    // A list that does not name the background starts with class 1.
    const first = isBackground(lines[0] ?? '') ? 0 : 1
    lines.forEach((n, i) => classes.byValue.set(i + first, n))
  }
  if (classes.byValue.size + classes.byColour.size === 0 && all.some((f) => cityscapesName.test(f)))
    Object.assign(classes, cityscapesClasses())
  // A list without colours uses VOC's colour map.
  if (classes.byColour.size === 0) for (const [i, n] of classes.byValue) if (i >= 0 && i < 256) classes.byColour.set(rgb(vocColour(i)), n)
  source.declareLabels([...new Set([...classes.byValue.values(), ...classes.byColour.values()])].filter((n) => !isBackground(n)))
  return classes
}

function readTable(file: string, text: string, bad: (line: number, reason: Said) => void): Row[] {
  if (file.endsWith('.json')) return rowsOfJson(parsePythonJson(text))
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ line: line.trim(), n: i + 1 }))
    .filter(({ line }) => line && !line.startsWith('#'))
  if (/labelmap\.txt$/i.test(file))
    return lines.flatMap(({ line, n }, i) => rowOfCvat(line, i) ?? (bad(n, sentence('finding.colour-line', { line })), []))
  const [first, ...rest] = lines
  const header = first && headerOf(cells(first.line))
  return (header ? rest : lines).flatMap(
    ({ line, n }, i) =>
      (header ? rowOfCells(cells(line), header, i) : (rowOfText(line) ?? nameAlone(line, i))) ??
      (bad(n, sentence('finding.class-line', { line: line.slice(0, 100) })), []),
  )
}

/** A name may contain colons; the last three fields are colour, parts and actions. */
function rowOfCvat(line: string, value: number): Row[] | null {
  const m = /^(.*?):\s*(?:(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*)?:[^:]*:[^:]*$/.exec(line)
  return m && [{ name: m[1]!.trim(), value, ...(m[2] ? { colour: rgb([Number(m[2]), Number(m[3]), Number(m[4])]) } : {}) }]
}

const cells = (line: string) =>
  line
    .split(line.includes('\t') ? '\t' : line.includes(';') && !line.includes(',') ? ';' : ',')
    .map((c) => c.trim().replace(/^"(.*)"$/, '$1'))

interface Header {
  name: number
  value: number
  colour: [number, number, number] | null
  hex: number
}

function headerOf(names: readonly string[]): Header | null {
  const at = (pattern: RegExp) => names.findIndex((n) => pattern.test(n))
  const name = at(/^(name|class|label|class[ _]?name|category|title)s?$/i)
  const [r, g, b] = [at(/^(r|red)$/i), at(/^(g|green)$/i), at(/^(b|blue)$/i)]
  const header: Header = {
    name,
    value: at(/^(id|idx|index|value|pixel[ _]?value|class[ _]?id|label[ _]?id)$/i),
    colour: r >= 0 && g >= 0 && b >= 0 ? [r!, g!, b!] : null,
    hex: at(/^(hex|colou?r|rgb)$/i),
  }
  return name >= 0 && (header.value >= 0 || header.colour || header.hex >= 0) ? header : null
}

function rowOfCells(row: readonly string[], { name, value, colour, hex }: Header, order: number): Row[] | null {
  const numbers = colour?.map((i) => Number(row[i]))
  const words = (row[hex] ?? '').match(/\d+/g)?.map(Number)
  const given = numbers?.every(Number.isInteger)
    ? rgb(numbers)
    : hex < 0
      ? undefined
      : /^#?[0-9a-f]{6}$/i.test(row[hex] ?? '')
        ? parseInt(row[hex]!.replace('#', ''), 16)
        : words?.length === 3
          ? rgb(words)
          : undefined
  const number = value >= 0 ? Number(row[value]) : order
  return row[name]
    ? [{ name: row[name], ...(Number.isInteger(number) ? { value: number } : {}), ...(given === undefined ? {} : { colour: given }) }]
    : null
}

/** `r g b name`, `name r g b`, `value name` or `#rrggbb name`, with any common separator. */
function rowOfText(line: string): Row[] | null {
  const before = /^(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\D.*)$/.exec(line)
  if (before) return [{ name: before[4]!.trim(), colour: rgb(before.slice(1, 4).map(Number)) }]
  const after = /^(.*?)[\s,;:=]+[[(]?(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})[\])]?[\s,;:]*$/.exec(line)
  if (after && !/^\d+$/.test(after[1]!)) return [{ name: after[1]!.trim(), colour: rgb(after.slice(2, 5).map(Number)) }]
  const coded = /^(?:(.*?)[\s,;:]+)?#([0-9a-f]{6})(?:[\s,;:]+(.*))?$/i.exec(line)
  if (coded && (coded[1] ?? coded[3])) return [{ name: (coded[1] ?? coded[3])!.trim(), colour: parseInt(coded[2]!, 16) }]
  const value = /^(\d+)[\s,;:]+(\D.*)$/.exec(line)
  return value && [{ name: value[2]!.trim(), value: Number(value[1]) }]
}

/** In a table without colours, a class's value is its line number. */
const nameAlone = (line: string, value: number): Row[] | null => (/\d{2}/.test(line) ? null : [{ name: line, value }])

/** Datumaro's label_map, lists of objects with name and colour (Mapillary, Supervisely), {"1": "cat"} or {"cat": [r, g, b]}. */
function rowsOfJson(value: unknown): Row[] {
  if (typeof value !== 'object' || value === null) return []
  const { label_map, segmentation_colors } = value as Record<string, unknown>
  if (typeof label_map === 'object' && label_map !== null) {
    const colours = Array.isArray(segmentation_colors) ? segmentation_colors.map(colourOf) : []
    return Object.entries(label_map).flatMap(([id, name], i) =>
      typeof name === 'string' ? [{ name, value: Number(id), colour: colours[i] }] : [],
    )
  }
  const list = Array.isArray(value)
    ? value
    : (Object.values(value).find((v): v is unknown[] => Array.isArray(v) && v.some((e) => nameIn(e) !== null)) ?? null)
  if (list)
    return list.flatMap((e: unknown, i) => {
      const name = nameIn(e)
      const { id, value, color, colour, rgb } = (e ?? {}) as Record<string, unknown>
      const number = [id, value].find((n): n is number => typeof n === 'number') ?? i
      return name === null ? [] : [{ name, value: number, colour: colourOf(color ?? colour ?? rgb) }]
    })
  return Object.entries(value).flatMap(([key, v]): Row[] => {
    if (typeof v === 'string' && /^\d+$/.test(key)) return [{ name: v, value: Number(key) }]
    if (typeof v === 'number' && Number.isInteger(v)) return [{ name: key, value: v }]
    const colour = colourOf(v)
    return colour === undefined ? [] : [{ name: key, colour }]
  })
}

function nameIn(e: unknown): string | null {
  if (typeof e !== 'object' || e === null) return null
  const { name, title, label, class: kind } = e as Record<string, unknown>
  return [name, title, label, kind].find((n): n is string => typeof n === 'string' && n !== '') ?? null
}

function colourOf(v: unknown): number | undefined {
  if (typeof v === 'string' && /^#?[0-9a-f]{6}$/i.test(v)) return parseInt(v.replace('#', ''), 16)
  return Array.isArray(v) && v.length >= 3 && v.every((n) => Number.isInteger(n) && n >= 0 && n < 256) ? rgb(v as number[]) : undefined
}

/** The VOC colour map: index bits spread over the channels, highest first. */
export function vocColour(index: number): [number, number, number] {
  const c: [number, number, number] = [0, 0, 0]
  for (let bit = 0, id = index; bit < 8; bit++, id >>= 3) for (let k = 0; k < 3; k++) c[k]! |= ((id >> k) & 1) << (7 - bit)
  return c
}

const cityscapesName = /_gt(Fine|Coarse)_\w+\.png$/

/** mcordts/cityscapesScripts helpers/labels.py: names by id, and the colours of those that have a distinct one. */
const cityscapes = [
  'unlabeled',
  'ego vehicle',
  'rectification border',
  'out of roi',
  'static',
  'dynamic #6f4a00',
  'ground #510051',
  'road #804080',
  'sidewalk #f423e8',
  'parking #faaaa0',
  'rail track #e6968c',
  'building #464646',
  'wall #66669c',
  'fence #be9999',
  'guard rail #b4a5b4',
  'bridge #966464',
  'tunnel #96785a',
  'pole #999999',
  'polegroup',
  'traffic light #faaa1e',
  'traffic sign #dcdc00',
  'vegetation #6b8e23',
  'terrain #98fb98',
  'sky #4682b4',
  'person #dc143c',
  'rider #ff0000',
  'car #00008e',
  'truck #000046',
  'bus #003c64',
  'caravan #00005a',
  'trailer #00006e',
  'train #005064',
  'motorcycle #0000e6',
  'bicycle #770b20',
].map((entry) => entry.split(' #') as [string, string?])

function cityscapesClasses(): Classes {
  return {
    byValue: new Map(cityscapes.map(([name], i) => [i, name])),
    byColour: new Map(cityscapes.flatMap(([name, colour]) => (colour ? [[parseInt(colour, 16), name]] : []))),
  }
}
