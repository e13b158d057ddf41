/** A text file next to each image, with the same stem and one caption per line. */
import path from 'node:path'
import { sentence } from '#shared/sentences/table.ts'
import type { Draft, Source } from '../draft.ts'
import { defineFormat, usualExcept, withoutRegions } from '../format.ts'
import { copyImage, freeName, type Item, splitOf, safeName, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { isImage, stemOf, type Tree } from '../tree.ts'
import { splitFolder } from '../splits.ts'

function* read({ tree, images, findings }: Source): Generator<Draft> {
  for (const path of images.files('', findings)) {
    if (!isImage(path)) continue
    const sidecar = [`${stemOf(path)}.txt`, `${stemOf(path)}.caption`].find((f) => tree.isFile(f))
    if (!sidecar) {
      findings.change({ file: path }, sentence('finding.no-caption-file'))
      yield { image: { path, exists: true }, where: { file: path }, split: splitFolder(path).split }
      continue
    }
    const lines = tree
      .text(sidecar, 1 << 24)
      .split(/\r?\n/)
      .map((l) => l.trim())
      .filter(Boolean)
    yield {
      image: { path, exists: true },
      where: { file: sidecar },
      split: splitFolder(path).split,
      captions: lines.map((text) => ({ text })),
    }
  }
}

function write(items: Iterable<Item>, target: Target): void {
  for (const item of items) {
    const { record } = item
    const split = splitOf(record)
    const name = freeName(target, (split ? `${safeName(split)}/` : '') + withoutImagesFolder(record.fileName), (stem) => `${stem}.txt`)
    copyImage(target, item, name)
    const captions = (record.captions ?? []).filter((c) => c.region == null).map((c) => c.text)
    writeFile(target, `${stemOf(name)}.txt`, captions.map((t) => `${t.replace(/\s*[\r\n]+\s*/g, ' ')}\n`).join(''))
  }
}

const isBesideImage = (tree: Tree, file: string) => {
  const folder = path.posix.dirname(file)
  return tree.imagesByStem(folder === '.' ? '' : folder, path.posix.basename(stemOf(file))).length > 0
}

export default defineFormat({
  id: 'captions',
  order: 260,
  title: { en: 'Caption files (.txt)', ja: 'キャプションのテキスト（.txt）' },
  about: { en: 'One text file per image, one caption per line', ja: '画像の隣のテキスト。一行に一つのキャプション' },
  extensions: ['.txt', '.caption'],
  reference: 'https://github.com/kohya-ss/sd-scripts/blob/main/docs/train_README-en.md',
  recognisesFolder: ({ tree, texts }) => texts.some(([file, text]) => text.trim() && isBesideImage(tree, file)),
  looks: (tree, file) => (isBesideImage(tree, file) ? 'text next to its image' : null),
  beside: true,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualExcept('captions'),
    ...withoutRegions,
  },
})
