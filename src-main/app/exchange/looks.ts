/** Describes an unread file in plain words, and which format would read it. */
import path from 'node:path'
import { bytesOf } from './bytes.ts'
import { formatOf, formatRecord, formats } from './formats.ts'
import type { Outline } from './outline.ts'
import { isYoloText } from './formats/yolo/text.ts'
import { isImage, stemOf, type Tree } from './tree.ts'

export interface Looks {
  looks: string
  reader: string | null
  /** Whether it looks like an annotation file. */
  likely: boolean
}

const inText = /\.(json|jsonl|ndjson|geojson|xml|csv|tsv|txt|caption|ya?ml|toml)$/i
const packed = new Map(
  Object.entries({
    parquet: 'Parquet',
    arrow: 'Arrow',
    feather: 'Arrow (Feather)',
    tfrecord: 'TFRecord',
    tfrecords: 'TFRecord',
    record: 'TFRecord or RecordIO',
    rec: 'RecordIO',
    h5: 'HDF5',
    hdf5: 'HDF5',
    npy: 'NumPy array',
    npz: 'NumPy arrays',
    mat: 'MATLAB file',
    pkl: 'Python pickle',
    pickle: 'Python pickle',
    sqlite: 'SQLite database',
    sqlite3: 'SQLite database',
    db: 'database',
    mdb: 'LMDB or Access database',
    lmdb: 'LMDB database',
    xlsx: 'Excel workbook',
    xls: 'Excel workbook',
    ods: 'spreadsheet',
    zip: 'zip archive',
    tar: 'tar archive',
    tgz: 'compressed tar archive',
    gz: 'gzip file',
    '7z': '7-Zip archive',
    rar: 'RAR archive',
    avro: 'Avro',
    msgpack: 'MessagePack',
    bson: 'BSON',
    pb: 'protocol buffer',
    pbtxt: 'protocol buffer in text',
    pt: 'PyTorch file',
    'idx1-ubyte': 'IDX labels',
    'idx3-ubyte': 'IDX images',
    kml: 'KML',
    shp: 'shapefile',
    gpkg: 'GeoPackage',
    manifest: 'manifest (JSON lines)',
    lst: 'list of files',
    ini: 'INI file',
    dataset: 'dataset file',
    via: 'VIA project',
    odgt: 'JSON lines (odgt)',
    log: '',
  }),
)
/** Files common to any dataset that say nothing about its images. */
const about =
  'readme|licen[cs]e|copying|notice|notes?|changelog|changes|authors|contributors|' + String.raw`citation|todo|requirements|manifest\.in`
const companion = new RegExp(String.raw`^(${about})([-_][^.]*)?(\.[a-z]{2})?(\.txt)?$|\.(md|rst|pdf|html?|ipynb|py|sh|log|ini)$`, 'i')
const lists = 'classes|class_?names|labels?|label_?names|names|obj|categories|labelmap|label_?map|predefined_classes|_?darknet'
const classList = new RegExp(String.raw`^(${lists})([-_.].*)?\.(txt|names|ya?ml|json|csv|pbtxt)$`, 'i')

const extensionOf = (name: string) => path.posix.extname(name).slice(1).toLowerCase()

/** Whether a file with this name could hold annotations. Images are handled elsewhere. */
export const isAnnotationLike = (file: string): boolean => {
  const name = path.posix.basename(file)
  return !companion.test(name) && (inText.test(name) || packed.has(extensionOf(name)))
}

export function looksLike(tree: Tree, file: string): Looks {
  const peek = tree.peek(file)
  const name = path.posix.basename(file)
  const packing = packed.get(extensionOf(name))
  const reader = formatOf(peek)
  const title = reader && `looks like ${formatRecord(reader).title.en}`
  if (packing !== undefined && !inText.test(name))
    return { looks: title ?? magic(bytesOf(peek.file, 300)) ?? packing, reader, likely: true }
  const text = peek.head.replace(/^\ufeff/, '')
  if (!text.trim()) return { looks: 'empty', reader: null, likely: false }
  if (text.slice(0, 4000).includes('\0') && !/^[\xff\xfe\ufffd]{2}/.test(text)) return { looks: 'binary data', reader, likely: true }
  if (reader) return { looks: title!, reader, likely: true }
  switch (extensionOf(name)) {
    case 'json':
    case 'geojson':
      return json(tree, file, text, peek.outline)
    case 'jsonl':
    case 'ndjson':
      return { looks: `JSON lines with the keys ${keys(peek.outline)}`, reader: null, likely: true }
    case 'csv':
    case 'tsv':
      return {
        looks: `a table with the columns ${shortened(
          text
            .split(/\r?\n/)[0]!
            .split(/[,;\t|]/)
            .map((c) => c.trim().replace(/^"|"$/g, '')),
        )}`,
        reader: null,
        likely: !/^class/i.test(name),
      }
    case 'xml':
      return xml(file, text)
    case 'txt':
    case 'caption':
      return plain(tree, file, text)
    default: {
      const names = [...text.matchAll(/^\s{0,2}"?([A-Za-z_][\w .-]*)"?\s*[:=]/gm)].map((m) => m[1]!)
      return {
        looks: `${extensionOf(name) === 'toml' ? 'TOML' : 'YAML'} with the keys ${shortened([...new Set(names)])}`,
        reader: null,
        likely: telling(tree, file, text) && !classList.test(name),
      }
    }
  }
}

function magic(start: Buffer): string | null {
  const text = start.toString('latin1')
  if (text.startsWith('PAR1')) return 'Parquet'
  if (text.startsWith('ARROW1')) return 'Arrow'
  if (text.startsWith('\x89HDF')) return 'HDF5'
  if (text.startsWith('\x93NUMPY')) return 'NumPy array'
  if (text.startsWith('SQLite format 3')) return 'SQLite database'
  if (text.startsWith('MATLAB')) return 'MATLAB file'
  return null
}

const shortened = (names: readonly string[]) => {
  const some = names.slice(0, 8).map((n) => (n.length > 40 ? `${n.slice(0, 39)}…` : n))
  return some.length ? some.join(', ') + (names.length > some.length ? ', …' : '') : '(none)'
}
const keys = (o: Outline) => shortened([...o.keys.keys()])

function json(tree: Tree, file: string, text: string, outline: Outline): Looks {
  const likely = telling(tree, file, text)
  if (outline.root === null) return { looks: `not JSON: begins with ${JSON.stringify(text.trim().slice(0, 20))}`, reader: null, likely }
  if (outline.root === 'array') {
    if (outline.keys.size === 0) return { looks: 'a JSON list', reader: null, likely }
    const coco =
      outline.keys.has('image_id') && ['bbox', 'segmentation', 'keypoints', 'caption', 'category_id'].some((k) => outline.keys.has(k))
    if (coco)
      return {
        looks: `COCO results: a list of ${keys(outline)}, without the images and categories that the ids stand for`,
        reader: null,
        likely: true,
      }
    return { looks: `JSON list of objects with the keys ${keys(outline)}`, reader: null, likely: true }
  }
  const [first] = [...outline.inner]
  return {
    looks: `JSON object with the keys ${keys(outline)}${first ? `; ${shortened([first[0]])} holds ${shortened(first[1])}` : ''}`,
    reader: null,
    likely,
  }
}

function xml(file: string, text: string): Looks {
  const root = /<([A-Za-z_][\w:.-]*)[\s/>]/.exec(
    text.replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!DOCTYPE[^>[]*(\[[\s\S]*?\])?[^>]*>/g, ''),
  )?.[1]
  return {
    looks: root ? `XML with the root element <${root}>` : 'no XML',
    reader: null,
    likely: !['svg', 'rss', 'feed', 'html', 'urlset', 'project', 'plist', 'configuration'].includes(root?.toLowerCase() ?? 'html'),
  }
}

function plain(tree: Tree, file: string, text: string): Looks {
  const name = path.posix.basename(file)
  if (
    classList.test(name) &&
    text.split(/\r?\n/).every((l) => l.length < 80 && !/\.(jpe?g|png|webp|tiff?|bmp|gif)\b/i.test(l)) &&
    !isYoloText(text)
  )
    return { looks: 'a list of names', reader: null, likely: false }
  for (const format of formats) {
    const looks = format.looks?.(tree, file, text)
    if (looks) return { looks, reader: format.id, likely: true }
  }
  return {
    looks: `text, begins with ${JSON.stringify(text.trim().split(/\r?\n/)[0]!.slice(0, 40))}`,
    reader: null,
    likely: telling(tree, file, text),
  }
}

const tellingName =
  /label|annot|bbox|box|class|caption|(^|[-_.])gt([-_.]|$)|ground|truth|mask|segm|metadata|object|detect|instance|keypoint|polygon/i
const annotationKeys =
  'labels?|annotations?|bbox(es)?|box(es)?|class(es)?|category|categories|captions?|segmentations?|' +
  'points|polygons?|keypoints?|objects?|regions|shapes|rois?'
const tellingKey = new RegExp(String.raw`["']?\b(${annotationKeys})\b["']?\s*[:=]\s*["'[{\d]`, 'i')

/** Whether its name or folder, an image name in it, or a typical field suggests annotations. */
function telling(tree: Tree, file: string, text: string): boolean {
  if (
    /^(package(-lock)?|tsconfig.*|composer|\.?eslintrc|jsconfig|manifest|config|settings|preprocessor_config|tokenizer.*)\.json$/i.test(
      path.posix.basename(file),
    ) &&
    !/\.(jpe?g|png|webp|tiff?|bmp)"/i.test(text)
  )
    return false
  if (tellingName.test(stemOf(file)) || /[\w)-]\.(jpe?g|png|webp|tiff?|bmp|gif|jfif|avif)\b/i.test(text) || tellingKey.test(text))
    return true
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const stems = ['', folder, 'images'].flatMap((f) => tree.names(f).filter(isImage).slice(0, 50)).map(stemOf)
  return stems.some((s) => text.includes(`"${s}"`) || text.includes(`\n${s}:`))
}
