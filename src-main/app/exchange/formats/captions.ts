/** A text file beside each image, of the same stem: one caption a line. */
import type { Draft, Source } from '../draft.ts'
import { type Format, usualLosses } from '../format.ts'
import { copyImage, freeName, type Item, splitOf, safeName, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { isImage, stemOf } from '../tree.ts'
import { splitFolder } from '../splits.ts'

function* read({ tree, images, findings }: Source): Generator<Draft> {
  for (const path of images.files('', findings)) {
    if (!isImage(path)) continue
    const sidecar = [`${stemOf(path)}.txt`, `${stemOf(path)}.caption`].find((f) => tree.isFile(f))
    if (!sidecar) {
      findings.change({ file: path }, 'no caption file; taken without one')
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

const { captions: _, ...without } = usualLosses
export const captions: Format = {
  name: 'captions',
  title: 'Caption files (.txt)',
  beside: true,
  read,
  write,
  images: 'copy',
  losses: {
    ...without,
    boxes: 'are left out',
    'rotated boxes': 'are left out',
    polygons: 'are left out',
    masks: 'are left out',
    polylines: 'are left out',
    keypoints: 'are left out',
  },
}
