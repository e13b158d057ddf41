/**
 * Class folders, as in torchvision's ImageFolder: the first folder, after a split's, names the class; see
 * class-folders.ts for which folders qualify.
 */
import { sentence } from '#shared/sentences/table.ts'
import { classLayout, isGenericName, noLabel, setNameOf, unlabelledFolders } from '../class-folders.ts'
import type { Draft, Source } from '../draft.ts'
import { becomes, defineFormat, usualExcept, withoutRegions } from '../format.ts'
import { copyImage, type Item, splitOf, safeName, type Target, withoutImagesFolder } from '../target.ts'
import { isImage } from '../tree.ts'

function* read({ images, findings, options }: Source): Generator<Draft> {
  const asked = options.format !== 'auto'
  const all = function* () {
    for (const path of images.files('')) if (isImage(path)) yield path
  }
  const placeOf = classLayout(all(), setNameOf(images.root), asked, (text) => findings.note(text))
  for (const path of images.files('', findings)) {
    if (!isImage(path)) continue
    const { split, folder } = placeOf(path)
    const name = folder === null ? null : decodeName(folder)
    yield {
      image: { path, exists: true },
      where: { file: path },
      split,
      labels: name && !unlabelledFolders.has(name) ? [{ label: name }] : [],
    }
  }
}

/** Encodes a class name as a folder name that is valid on every system and not mistaken for a generic image folder. */
export function encodeName(name: string): string {
  const plain = name.replace(/[\0-\x1f/\\:*?"<>|%]|[. ]$|^\.|^ /g, escaped)
  return isGenericName(name) || unlabelledFolders.has(name) ? escaped(name[0]!) + plain.slice(1) : plain
}
const escaped = (c: string) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
export const decodeName = (name: string) => name.replace(/%([0-7][0-9A-F])/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const labels = record.labels ?? []
    if (labels.length > 1)
      target.findings.leave({ file: record.fileName }, sentence('finding.several-labels', { n: labels.length, label: labels[0]!.label }))
    const split = splitOf(record)
    const folder = `${split ? `${safeName(split)}/` : ''}${labels[0] ? encodeName(labels[0].label) : noLabel}`
    const name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `${folder}/${name}`)
  }
}

export default defineFormat({
  id: 'folders',
  order: 270,
  title: { en: 'A folder for each label', ja: 'ラベルごとのフォルダー' },
  about: { en: 'Images sorted into folders that are named after their labels', ja: 'ラベル名のフォルダーに分けられた画像' },
  extensions: [],
  reference: 'https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html',
  recognisesFolder: ({ images }) => images > 0,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualExcept('image labels'),
    ...withoutRegions,
    'several labels an image': becomes.onlyFirst,
    'images without annotations': { en: 'go into a folder _unlabelled', ja: 'フォルダー _unlabelled に入ります' },
  },
})
