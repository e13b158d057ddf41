/** Decides which folders name classes: siblings that hold images and whose names are not generic. */
import path from 'node:path'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import { usualSplit } from './splits.ts'

const words =
  'images?|imgs?|photos?|photographs?|pictures?|pics?|jpe?gs?|jpegimages|pngs?|tiffs?|bmps?|webps?|raws?|data|datasets?|originals?|' +
  'dcim|batch(es)?|parts?|chunks?|shards?|frames?|rgb|rgbd?|depth|ir|nir|thermal|infrared|left|right|leftimg8bit|gtfine|gtcoarse|' +
  'masks?|labels?|annotations?|anns?|segmentationclass|segmentationobject|imagesets|thumbs?|thumbnails?|previews?|exports?|' +
  'exported|outputs?|inputs?|results?|source|src|media|uploads?|downloads?|files?|folders?|dirs?|directory|new folder|' +
  'untitled folder|misc|unsorted|sorted|backups?|old|new|tmp|temp|cache|sets?|splits?|folds?|subsets?|samples?|sessions?|seqs?|' +
  'sequences?|videos?|clips?|cams?|cameras?|scans?|pages?|days?|weeks?|months?|years?|all|default|main|full|crops?|tiles?|patches|' +
  'resized|augmented|aug|hr|lr|high|low|small|large|archive|root|content|assets|static|public|dev|eval|evaluation|query|gallery|' +
  'bounding_box_train|bounding_box_test'
const generic = new RegExp(`^(${words})([-_ .]*\\d+)*([-_ ]?(px|x\\d+))?$`, 'i')
const camera = /^\d{3}(_?[A-Z][A-Z_0-9]{3,4}|[A-Z]{5}|_\d{4}|MEDIA|GOPRO|NIKON|CANON|APPLE|ANDRO)$/i
const [year, month, day] = ['(19|20)\\d\\d', '(0?[1-9]|1[0-2])', '(0?[1-9]|[12]\\d|3[01])']
const dates = [
  new RegExp(`^${year}$`),
  new RegExp(`(^|\\D)${year}[-_. ]${month}([-_. ]${day})?(\\D|$)`),
  new RegExp(`(^|\\D)${day}[-_. ]${month}[-_. ]${year}(\\D|$)`),
  new RegExp(`(^|\\D)${month}[-_. ]${day}[-_. ]${year}(\\D|$)`),
  /^(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?([-_T ]?\d{2,6})*$/,
  new RegExp(`^(${day}[-_. ]*)?(jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*[-_. ]*(${day}[-_. ,]*)?(${year}|\\d\\d)$`, 'i'),
  new RegExp(`^${year}[-_. ]*(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)`, 'i'),
  /^\d{10}(\d{3})?$/,
]

/** The codes of reasons without parameters. */
type NotAClass = `folders.${'split-name' | 'date' | 'generic' | 'set-name' | 'images-beside' | 'splits-beside' | 'only-class'}`

/** Why a folder of this name is not a class; null if it may be one. */
export function notAClass(name: string): NotAClass | null {
  if (usualSplit(name) || usualSplit(name.replace(/[-_ ]?(set|images?|data|split|\d+)$/i, ''))) return 'folders.split-name'
  if (dates.some((d) => d.test(name))) return 'folders.date'
  if (generic.test(name) || camera.test(name)) return 'folders.generic'
  return null
}

/** Whether the name only says what kind of files it holds; such names are refused even when class folders are requested. */
export const isGenericName = (name: string) => notAClass(name) !== null && notAClass(name) !== 'folders.date'

export const noLabel = '_unlabelled'
export const unlabelledFolders = new Set([noLabel, 'no_label']) // the latter is Datumaro's

export interface Placed {
  split: string | null
  /** The folder naming the class. */
  folder: string | null
}

interface Node {
  images: number
  folders: Map<string, Node>
}

/**
 * Analyses the layout of all images together. Folders are classes if at least two are siblings, below a split or not,
 * and no image is next to them. With `asked`, the person stated that folders are classes: every name is accepted
 * except splits and generic folder names.
 */
export function classLayout(
  files: Iterable<string>,
  setName: string,
  asked: boolean,
  note: (text: Sentence) => void,
): (file: string) => Placed {
  const top: Node = { images: 0, folders: new Map() }
  for (const file of files) {
    let node = top
    for (const step of file.split('/').slice(0, -1)) {
      let next = node.folders.get(step)
      if (!next) node.folders.set(step, (next = { images: 0, folders: new Map() }))
      node = next
    }
    node.images++
  }
  const classes = new Set<string>()
  const refused = new Map<string, NotAClass>()
  const reasonOf = (name: string) => notAClass(name) ?? (name.toLowerCase() === setName.toLowerCase() ? 'folders.set-name' : null)
  const visit = (level: { at: string; node: Node }[], depth: number): void => {
    const children = level.flatMap(({ at, node }) =>
      [...node.folders].map(([name, child]) => ({ name, at: at ? `${at}/${name}` : name, node: child })),
    )
    if (children.length === 0 || depth > 8) return
    const isSplit = (name: string) => usualSplit(name) !== undefined
    const splits = children.filter((c) => isSplit(c.name))
    const others = children.filter((c) => !isSplit(c.name))
    if (splits.length) visit(splits, depth + 1)
    if (others.length === 0) return
    const usable = others.filter((c) => (asked ? !isGenericName(c.name) : reasonOf(c.name) === null))
    const names = new Set(usable.map((c) => c.name))
    const beside = level.reduce((n, { node }) => n + node.images, 0)
    const taken = asked ? names.size > 0 : names.size >= 2 && beside === 0 && splits.length === 0
    for (const c of others) {
      const reason = usable.includes(c)
        ? taken
          ? null
          : beside > 0
            ? 'folders.images-beside'
            : splits.length
              ? 'folders.splits-beside'
              : 'folders.only-class'
        : (reasonOf(c.name) ?? 'folders.generic')
      if (reason === null) classes.add(c.at)
      else refused.set(c.at, reason)
    }
    // A folder that is not a class may contain classes.
    for (const c of others) if (!classes.has(c.at)) visit([c], depth + 1)
  }
  visit([{ at: '', node: top }], 0)
  const told = [...refused].filter(([at]) => ![...classes].some((c) => c.startsWith(`${at}/`)))
  for (const [at, reason] of told.slice(0, 10)) note(sentence('folders.not-label', { at, reason: sentence(reason) }))
  if (told.length > 10) note(sentence('folders.more', { n: told.length - 10 }))
  return (file) => {
    const steps = file.split('/').slice(0, -1)
    const at = steps.findIndex((_, i) => classes.has(steps.slice(0, i + 1).join('/')))
    const before = at < 0 ? steps : steps.slice(0, at)
    return { folder: at < 0 ? null : steps[at]!, split: before.map(usualSplit).find((s) => s !== undefined) ?? null }
  }
}

/** The dataset's name, taken from its folder. */
export const setNameOf = (root: string) => path.basename(root)
