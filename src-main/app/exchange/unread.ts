/** Lists what an import did not use: possible annotation files that no reader opened, and images that no annotation mentions. */
import path from 'node:path'
import type { UnreadFile } from '#shared/model/exchange.ts'
import type { SkippedFiles } from '#shared/model/scan.ts'
import { Skipped } from '../media/skipped.ts'
import { isAnnotationLike, type Looks, looksLike } from './looks.ts'
import { isImage, type Tree } from './tree.ts'

export interface Left {
  /** Similar files of one folder share an entry. */
  unread: UnreadFile[]
  unreadFiles: number
  unmentioned: number
  skipped: SkippedFiles
}

const entriesShown = 50
/** How many files per folder and extension are examined; further ones are counted with the last. */
const lookedInto = 20
const maskFolder =
  'masks?|SegmentationClass|SegmentationObject|gtFine|gtCoarse|annotations?|labels?|semantic|instances?|' +
  'seg|segmentations?|parsing|color_?masks?|.*_(labels|masks|mask|annot|L)'
const maskFolders = new RegExp(`^(${maskFolder})$`, 'i')

export function leftIn(tree: Tree): Left {
  const entries = new Map<string, UnreadFile>()
  const looked = new Map<string, { n: number; last: Looks }>()
  const left: Left = { unread: [], unreadFiles: 0, unmentioned: 0, skipped: [] }
  const skipped = new Skipped()
  const count = (folder: string, file: string, ending: string, looks: Looks) => {
    left.unreadFiles++
    const key = JSON.stringify([folder, ending, looks])
    const known = entries.get(key)
    if (!known) return void entries.set(key, { file, files: 1, ...looks })
    known.files++
    known.file = `${folder ? `${folder}/` : ''}*.${ending}`
  }
  for (const file of tree.files('')) {
    if (tree.taken.has(file)) continue
    const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
    const ending = path.posix.extname(file).slice(1).toLowerCase()
    if (isImage(file)) {
      if (ending === 'png' && folder.split('/').some((f) => maskFolders.test(f)))
        count(folder, file, ending, { looks: 'pictures in a mask folder', reader: 'masks', likely: true })
      else left.unmentioned++
      continue
    }
    if (!isAnnotationLike(file)) {
      skipped.see(file)
      continue
    }
    const group = `${folder}/*.${ending}`
    const before = looked.get(group) ?? { n: 0, last: { looks: '', reader: null, likely: false } }
    if (before.n < lookedInto) before.last = looksOf(tree, file)
    before.n++
    looked.set(group, before)
    count(folder, file, ending, before.last)
  }
  // Likely annotations first.
  left.unread = [...entries.values()].sort((a, b) => Number(b.likely) - Number(a.likely)).slice(0, entriesShown)
  left.skipped = skipped.list
  return left
}

function looksOf(tree: Tree, file: string): Looks {
  try {
    return looksLike(tree, file)
  } catch {
    return { looks: 'cannot be opened', reader: null, likely: true }
  }
}
