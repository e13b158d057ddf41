/**
 * Apple Create ML: a list of images, each with centre-based boxes
 * (developer.apple.com/documentation/createml/building-an-object-detector-data-source) or a label.
 */
import type { RecordLabel } from '#shared/model/record.ts'
import { properName } from '#shared/model/words.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { isObject, keyNamed, numberOf, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { jsonItems } from '../json.ts'
import { imageNamed, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { boxOf } from '../shapes.ts'
import { sentence } from '#shared/sentences/table.ts'

const imageNames = ['image', 'imagefilename', 'image_name', 'filename', 'file_name', 'imageURL', 'path']
const annotationNames = ['annotations', 'annotation', 'labels', 'label']

const recognises = ({ name, outline, has }: Peek) =>
  name.endsWith('.json') &&
  outline.root === 'array' &&
  keyNamed([...outline.keys.keys()], imageNames) !== undefined &&
  keyNamed([...outline.keys.keys()], annotationNames) !== undefined &&
  (has('coordinates') || name.includes('createml') || outline.keys.has('imagefilename') || (outline.keys.size === 2 && !has('id')))

function* read(source: Source): Generator<Draft> {
  const { tree, images, findings } = source
  for (const file of ownFiles(source, recognises))
    for (const { value, line, problem } of jsonItems(tree.absolute(file), { elements: [''] })) {
      const where = { file, line }
      const keys = isObject(value) ? Object.keys(value) : []
      const named = isObject(value) ? value[keyNamed(keys, imageNames) ?? ''] : undefined
      if (!isObject(value) || typeof named !== 'string') {
        findings.leave(where, problem ?? sentence('finding.image-name'))
        continue
      }
      const image = imageNamed(images, named, file)
      if (!image) {
        findings.leave(where, outside('image', named))
        continue
      }
      const regions: DraftRegion[] = []
      const labels: RecordLabel[] = []
      const given = value[keyNamed(keys, annotationNames) ?? '']
      for (const [i, a] of (Array.isArray(given) ? given : [given]).entries()) {
        const label =
          typeof a === 'string' || typeof a === 'number'
            ? String(a)
            : isObject(a)
              ? a[keyNamed(Object.keys(a), ['label', 'class', 'identifier', 'name']) ?? '']
              : null
        const at = isObject(a) ? a['coordinates'] : undefined
        if (isObject(at)) {
          const [x, y, w, h] = ['x', 'y', 'width', 'height'].map((k) => numberOf(at[k])) as [number, number, number, number]
          const rest = Object.fromEntries(Object.entries(a as object).filter(([k]) => !['label', 'coordinates', 'class'].includes(k)))
          regions.push({
            label: typeof label === 'string' && label ? label : null,
            shape: boxOf(x - w / 2, y - h / 2, w, h),
            line,
            ...withAttributes(rest),
          })
        } else if (typeof label === 'string' && label.trim()) labels.push({ label })
        else if (a !== undefined && a !== null && a !== '')
          findings.leave(where, sentence('finding.neither-nor', { at: `annotations.${i}` }))
      }
      const size = [numberOf(value['width']), numberOf(value['height'])] as const
      yield {
        image,
        where,
        regions,
        labels: labels.filter((l, i) => labels.findIndex((o) => o.label === l.label) === i),
        split: splitBy(image.path, file),
        ...(size[0] > 0 && size[1] > 0 ? { size: { width: size[0], height: size[1] } } : {}),
      }
    }
}

export default defineFormat({
  id: 'createml',
  order: 50,
  title: properName('Create ML JSON'),
  about: {
    en: 'Apple’s list of images, each with centre-based boxes or a label',
    ja: 'Apple の画像一覧。矩形（中心座標）またはラベルを持つ',
  },
  extensions: ['.json'],
  reference: 'https://developer.apple.com/documentation/createml/building-an-object-detector-data-source',
  recognises,
  beside: true,
  read,
})
