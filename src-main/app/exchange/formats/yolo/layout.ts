/** Locates a YOLO dataset's images, names and rows: from a data.yaml in any dialect, darknet's lists, or folders alone. */
import path from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor } from '../../findings.ts'
import type { Source } from '../../draft.ts'
import type { Joints } from '../../objects.ts'
import { isImage, join, stemOf } from '../../tree.ts'

export const yoloTasks = ['detect', 'segment', 'obb', 'pose'] as const
export type YoloTask = (typeof yoloTasks)[number]

/** The folder that our own export gives to images without a split. */
export const unsplit = 'all'

const word = z.union([z.string(), z.number(), z.boolean()]).nullable()
const folders = z.union([z.string(), z.array(z.string())]).nullish()
const pairs = z.array(z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]))
const fields = {
  path: z.string().nullish(),
  train: folders,
  val: folders,
  valid: folders,
  test: folders,
  names: z.union([z.string(), z.array(word), z.record(z.string(), word)]).nullish(),
  kpt_shape: z.tuple([z.number().int().positive(), z.union([z.literal(2), z.literal(3)])]).nullish(),
  kpt_names: z.union([z.array(z.string()), z.record(z.string(), z.array(z.string()))]).nullish(),
  /** Edges between keypoints by zero-based index, per class; written by our own export only. */
  skeleton: z.union([pairs, z.record(z.string(), pairs)]).nullish(),
  task: z.enum(yoloTasks).nullish(),
}
type DataYaml = { [K in keyof typeof fields]?: z.output<(typeof fields)[K]> } & {
  /** Further splits, which our own export lists as `NAME: images/NAME`. */
  own?: readonly string[]
}

export interface Layout {
  names: Map<number, string>
  keypoints: {
    count: number
    dimensions: 2 | 3
    /** Whether the points have names. */ named: boolean
    of: (id: number) => Joints
  } | null
  task: YoloTask | null
  /** Folders of images (or .txt lists of them) with their splits. */
  places: { at: string; split: string | null }[]
  /** Text files that may hold rows. */
  texts: string[]
}

const nameLists = ['classes.txt', 'obj.names', 'names.txt', 'class_names.txt', '_darknet.labels', 'predefined_classes.txt']

export function layout(source: Source): Layout {
  const { tree, file } = source
  const all = [...tree.files('')].filter((f) => !isImage(f))
  const yaml =
    file && /\.ya?ml$/i.test(file)
      ? file
      : (['data.yaml', 'dataset.yaml', 'data.yml'].find((f) => tree.isFile(f)) ?? tree.names('').find((f) => /\.ya?ml$/i.test(f)))
  const data: DataYaml = yaml ? readYaml(source, yaml) : {}
  const darknet = yaml ? undefined : all.find((f) => f.endsWith('.data'))
  if (darknet) Object.assign(data, readDarknet(source, darknet))
  const { places, lists } = placesOf(source, data, yaml ?? darknet)
  const named = namesOf(source, data, all)
  const aside = new Set([...lists, ...(named.list ? [named.list] : [])])
  return {
    names: named.names,
    keypoints: keypointsOf(data),
    task: data.task ?? null,
    places,
    texts: all.filter(
      (f) =>
        f.endsWith('.txt') &&
        !aside.has(f) &&
        !/(?:^|\/)(?:readme[^/]*|licen[cs]e|classes|names|train|val|valid|test|trainval)\.txt$/i.test(f),
    ),
  }
}

/** Validates each field separately, so that an invalid one does not discard the others. */
function readYaml({ tree, findings }: Source, file: string): DataYaml {
  let given: unknown
  try {
    given = parseYaml(tree.text(file, 1 << 24), { maxAliasCount: 100 })
  } catch (e) {
    findings.leave({ file }, sentence('finding.not-description', { problem: reasonFor(e) }))
    return {}
  }
  const out: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(fields)) {
    const value = (given as Record<string, unknown> | null)?.[name]
    if (value === undefined || value === null) continue
    const parsed = schema.safeParse(value)
    if (parsed.success) out[name] = parsed.data
    else if (name !== 'task') findings.leave({ file }, inField(name, parsed.error.issues[0]!.message))
  }
  const own = Object.entries(given ?? {}).flatMap(([name, value]) => (value === `images/${name}` ? [name] : []))
  return { ...(out as DataYaml), own }
}

/** `train = data/train.txt`, `names = data/obj.names`, … */
function readDarknet({ tree }: Source, file: string): DataYaml {
  const lines = tree
    .text(file, 1 << 20)
    .split(/\r?\n/)
    .map((l) => /^\s*(\w+)\s*=\s*(\S.*?)\s*$/.exec(l))
  return Object.fromEntries(lines.flatMap((m) => (m && ['train', 'val', 'valid', 'test', 'names'].includes(m[1]!) ? [[m[1]!, m[2]!]] : [])))
}

function namesOf({ tree }: Source, { names: given }: DataYaml, all: readonly string[]): { names: Map<number, string>; list?: string } {
  const names = new Map<number, string>()
  const lists = typeof given === 'string' ? [given, path.posix.basename(given)] : []
  if (typeof given === 'object' && given !== null)
    for (const [i, name] of Object.entries(given)) if (name !== null && String(name).trim()) names.set(Number(i), String(name).trim())
  if (names.size > 0) return { names }
  const depth = (f: string) => f.split('/').length
  const found = all
    .filter((f) => nameLists.includes(path.posix.basename(f)) || lists.includes(f) || f.endsWith('.names'))
    .sort((a, b) => depth(a) - depth(b))
  const list = lists.map((l) => all.find((f) => f === l || f.endsWith(`/${l}`))).find((f) => f !== undefined) ?? found[0]
  if (list)
    tree
      .text(list, 1 << 24)
      .split(/\r?\n/)
      .forEach((n, i) => n.trim() && names.set(i, n.trim()))
  else if (typeof given === 'string') names.set(0, given)
  return { names, ...(list ? { list } : {}) }
}

function keypointsOf({ kpt_shape, kpt_names, skeleton }: DataYaml): Layout['keypoints'] {
  if (!kpt_shape) return null
  const [count, dimensions] = kpt_shape
  return {
    count,
    dimensions,
    named: kpt_names != null,
    of: (id) => ({
      names: (Array.isArray(kpt_names) ? kpt_names : kpt_names?.[id]) ?? [],
      edges: ((Array.isArray(skeleton) ? skeleton : skeleton?.[id]) ?? []).filter((e) => e.every((i) => i < count)),
    }),
  }
}

function placesOf(
  { tree, findings }: Source,
  data: DataYaml,
  description: string | undefined,
): { places: Layout['places']; lists: string[] } {
  const places: Layout['places'] = []
  for (const split of ['train', 'val', 'valid', 'test'] as const)
    for (const given of [data[split] ?? []].flat()) {
      const at = given.replaceAll('\\', '/').replace(/\/+$/, '')
      const base = path.posix.dirname(description ?? '')
      const place = [
        at,
        join(data.path ?? '', at),
        join(base, at),
        join(base, data.path ?? '', at),
        at.replace(/^(?:\.\.\/)+/, ''),
        at.split('/').slice(-2).join('/'),
        at.split('/').at(-1)!,
      ]
        .map((p) => p.replace(/^\.\//, ''))
        .find((p) => p !== '' && !p.startsWith('/') && !p.startsWith('..') && (tree.isFolder(p) || tree.isFile(p)))
      if (place === undefined) findings.leave({ file: description! }, sentence('finding.split-missing', { split, given }))
      else if (!places.some((p) => p.at === place)) places.push({ at: place, split: splitAt(place, split, data) })
    }
  // Image folders that the description does not mention.
  if (places.length > 0 && tree.isFolder('images') && !places.some((p) => p.at === 'images' || p.at.endsWith('.txt')))
    for (const name of tree.names('images')) {
      const at = `images/${name}`
      if (tree.isFolder(at) && !places.some((p) => p.at === at || p.at.startsWith(`${at}/`)))
        places.push({ at, split: name === unsplit ? null : name })
    }
  // Darknet keeps one image list per split.
  if (places.length === 0)
    for (const split of ['train', 'val', 'valid', 'test'])
      if (tree.isFile(`${split}.txt`)) places.push({ at: `${split}.txt`, split: split === 'valid' ? 'val' : split })
  if (places.length === 0) {
    const splits = ['train', 'val', 'valid', 'test'].flatMap((s) =>
      [`images/${s}`, `${s}/images`].filter((p) => tree.isFolder(p)).map((at) => ({ at, split: s === 'valid' ? 'val' : s })),
    )
    places.push(...splits, ...(splits.length ? [] : [{ at: tree.isFolder('images') ? 'images' : '', split: null }]))
  }
  return { places, lists: places.map((p) => p.at).filter((p) => p.endsWith('.txt')) }
}

/**
 * The split of the images in `place`, listed as `split`. In our own export another split, or the images without one, may
 * stand in for train or val; they keep their own name.
 */
function splitAt(place: string, split: string, { own }: DataYaml): string | null {
  const name = path.posix.basename(place)
  if (place === `images/${unsplit}`) return null
  return place === `images/${name}` && own?.includes(name) ? name : split === 'valid' ? 'val' : split
}

/** Follows ultralytics: the last path segment `images` becomes `labels`; without one, the label file is next to the image. */
export function labelFilesOf(image: string): string[] {
  const at = `/${image}`.lastIndexOf('/images/')
  const beside = `${stemOf(image)}.txt`
  return at < 0 ? [beside] : [`${`/${image}`.slice(0, at)}/labels/${stemOf(`/${image}`.slice(at + 8))}.txt`.slice(1), beside]
}
