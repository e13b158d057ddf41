/** Writes images as VOC files, plus the split lists. */
import type { RecordRegion } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../../findings.ts'
import { boxOfShape, hasHoles, outlines } from '../../shapes.ts'
import { copyImage, freeName, type Item, type Target, withoutImagesFolder, writeFile, safeName, splitOf } from '../../target.ts'
import { labelOf } from '../../unlabelled.ts'
import { stemOf } from '../../tree.ts'
import { escapeXml } from '../../xml.ts'

export const [zeroBased, oneBased] = ['coordinates from 0', 'coordinates from 1']

export function write(items: Iterable<Item>, target: Target, settings: { base: '0' | '1' }): void {
  const base = Number(settings.base)
  const sets = new Map<string, string[]>()
  for (const item of items) {
    const { record } = item
    const name = freeName(target, withoutImagesFolder(record.fileName), (stem) => `Annotations/${stem}.xml`)
    const objects = (record.regions ?? []).flatMap((r) => {
      const object = objectOf(r, base)
      if (!object)
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.no-shape-voc', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
      return object ?? []
    })
    copyImage(target, item, `JPEGImages/${name}`)
    writeFile(
      target,
      `Annotations/${stemOf(name)}.xml`,
      `<annotation>
  <folder>JPEGImages</folder>
  <filename>${escapeXml(name)}</filename>
  <source><database>Dashi</database><annotation>${base ? oneBased : zeroBased}</annotation></source>
  <size><width>${record.width ?? 0}</width><height>${record.height ?? 0}</height><depth>3</depth></size>
  <segmented>0</segmented>
${objects.join('')}</annotation>
`,
    )
    const split = splitOf(record)
    if (split) {
      const list = sets.get(safeName(split)) ?? []
      list.push(stemOf(name))
      sets.set(safeName(split), list)
    }
  }
  for (const [split, stems] of sets) writeFile(target, `ImageSets/Main/${split}.txt`, stems.map((s) => `${s}\n`).join(''))
}

const known = new Set(['truncated', 'difficult', 'occluded', 'pose'])

const element = (name: string, content: string | number) => `<${name}>${content}</${name}>`

function objectOf(r: RecordRegion, base: number): string | null {
  if (r.shape.kind === 'polyline') return null
  const { x, y, w, h } = boxOfShape(r.shape)
  const a = r.attributes ?? {}
  const n = (v: number) => String(v)
  const outline = r.shape.kind === 'polygon' && !hasHoles(r.shape) ? outlines(r.shape)! : []
  const exact =
    outline
      .map((ring) => `    <polygon>${ring.map((v, i) => element(`${i % 2 ? 'y' : 'x'}${(i >> 1) + 1}`, n(v + base))).join('')}</polygon>\n`)
      .join('') +
    (r.shape.kind === 'rotated-box'
      ? `    <robndbox>${Object.entries({
          cx: r.shape.cx,
          cy: r.shape.cy,
          w: r.shape.w,
          h: r.shape.h,
          angle: (r.shape.angle * Math.PI) / 180,
        })
          .map(([k, v]) => `<${k}>${n(v)}</${k}>`)
          .join('')}</robndbox>\n`
      : '')
  const others = Object.entries(a).filter(([k]) => !known.has(k))
  const attribute = ([k, v]: [string, unknown]) =>
    element('attribute', element('name', escapeXml(k)) + element('value', escapeXml(String(v))))
  const extra = others.length ? `    <attributes>${others.map(attribute).join('')}</attributes>\n` : ''
  return `  <object>
    <name>${escapeXml(labelOf(r))}</name>
    <pose>${escapeXml(String(a['pose'] ?? 'Unspecified'))}</pose>
    <truncated>${a['truncated'] ? 1 : 0}</truncated>
    <difficult>${a['difficult'] ? 1 : 0}</difficult>
    <occluded>${a['occluded'] ? 1 : 0}</occluded>
    <bndbox><xmin>${x + base}</xmin><ymin>${y + base}</ymin><xmax>${x + w}</xmax><ymax>${y + h}</ymax></bndbox>
${exact}${extra}  </object>
`
}
