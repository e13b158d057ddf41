/** Folders of classes, as torchvision's ImageFolder: the first folder (after that of a split) names the class. */
import type { Draft, Source } from '../draft.ts'
import { type Format, usualLosses } from '../format.ts'
import { copyImage, type Item, splitOf, safeName, type Target, withoutImagesFolder } from '../target.ts'
import { splitFolder } from '../splits.ts'
import { isImage } from '../tree.ts'

function* read({ images, findings }: Source): Generator<Draft> {
  for (const path of images.files('', findings)) {
    if (!isImage(path)) continue
    const { split, rest } = splitFolder(path)
    const at = rest.indexOf('/')
    const name = at > 0 ? decodeName(rest.slice(0, at)) : null
    yield { image: { path, exists: true }, where: { file: path }, split, labels: name && !unlabelledFolders.has(name) ? [{ label: name }] : [] }
  }
}

const noLabel = '_unlabelled'
const unlabelledFolders = new Set([noLabel, 'no_label']) // the latter is datumaro's
/** A class name as a folder name that every system takes. */
export const encodeName = (name: string) =>
  name.replace(/[\0-\x1f/\\:*?"<>|%]|[. ]$|^\.|^ /g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
export const decodeName = (name: string) => name.replace(/%([0-7][0-9A-F])/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const labels = record.labels ?? []
    if (labels.length > 1) target.findings.leave({ file: record.fileName }, `${labels.length} labels; only ${labels[0]!.label} was written`)
    const split = splitOf(record)
    const folder = `${split ? `${safeName(split)}/` : ''}${labels[0] ? encodeName(labels[0].label) : noLabel}`
    const name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `${folder}/${name}`)
  }
}

const { 'image labels': _, ...without } = usualLosses
export const folders: Format = {
  name: 'folders',
  title: 'Folders of classes',
  read,
  write,
  images: 'copy',
  losses: {
    ...without,
    boxes: 'are left out', 'rotated boxes': 'are left out', polygons: 'are left out', masks: 'are left out', polylines: 'are left out', keypoints: 'are left out',
    'several labels an image': 'are left out but for the first',
    'images without annotations': 'lie in a folder _unlabelled',
  },
}
