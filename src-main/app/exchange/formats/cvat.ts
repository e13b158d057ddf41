/** CVAT XML 1.1 for images: docs.cvat.ai, "CVAT for images". */
import { DashiError, errorLine } from '#shared/errors.ts'
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { RecordLabel, RecordRegion } from '#shared/model/record.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import { properName } from '#shared/model/words.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { definitionsOf, definitionXml } from './cvat/attributes.ts'
import { skeletonOfSvg, skeletonXml } from './cvat/skeleton.ts'
import { kindWord, reasonFor } from '../findings.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { sentence } from '#shared/sentences/table.ts'
import { jointName } from '../objects.ts'
import { groupAttribute, joinParts } from '../shapes.ts'
import { copyImage, type Item, openText, safeName, splitOf, type Target, type TextFile, withoutImagesFolder } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import type { Peek } from '../peek.ts'
import { splitOfFile } from '../splits.ts'
import { findImage } from '../tree.ts'
import { childText, escapeXml, numberOf, type XmlElement, xmlElements } from '../xml.ts'
import { elementsOf } from './cvat/elements.ts'
import { attributesOf, shapeOf } from './cvat/shapes.ts'
import { isVideo, readTracks } from './cvat/tracks.ts'
import { writeVideos } from './cvat/video.ts'

const isCvat = ({ name, head }: Peek) => name.endsWith('.xml') && /<annotations[\s>]/.test(head)

function* read(source: Source): Generator<Draft> {
  const { tree, file, findings } = source
  for (const name of file === null ? tree.files('', findings) : [file]) {
    const rules: Rules = new Map()
    const parts = new Map<string, string[]>()
    const declared = () => declare(source, rules, parts)
    if (!name.endsWith('.xml') || (file === null && !isCvat(tree.peek(name)))) continue
    try {
      if (isVideo(tree.peek(name).head)) {
        yield* readTracks(source, name)
        continue
      }
      for (const e of xmlElements(tree.absolute(name), new Set(['image', 'track', 'label']))) {
        if (e.name === 'track')
          findings.leave({ file: name, line: e.line }, sentence('finding.video-track', { label: e.attributes['label'] ?? '' }))
        else if (e.name === 'label') {
          const label = childText(e, 'name')
          const parent = childText(e, 'parent')
          if (label && parent) parts.set(parent, [...(parts.get(parent) ?? []), label])
          if (!label || parent) continue
          const attributes = definitionsOf(e, (reason) =>
            findings.change({ file: name, line: e.line }, sentence('finding.without-definition', { label, problem: reason })),
          )
          rules.set(label, { attributes, svg: childText(e, 'svg') ?? '', skeleton: null })
        } else {
          declared()
          const draft = draftOf(source, name, e, rules)
          if (draft) yield draft
        }
      }
      declared()
    } catch (e) {
      if (!(e instanceof DashiError) || file !== null) throw e
      findings.leave({ file: name }, errorLine(e))
    }
  }
}

/** The attributes and points of each label, as defined in the file before the images. */
type Rules = Map<string, { attributes: AttributeDefinition[]; svg: string; skeleton: Skeleton | null | undefined; told?: true }>

/** Declares a label only once its sub-labels (its points) are known. */
function declare(source: Source, rules: Rules, parts: ReadonlyMap<string, readonly string[]>): void {
  for (const [name, rule] of rules) {
    if (rule.told) continue
    rule.told = true
    rule.skeleton = skeletonOfSvg(rule.svg, parts.get(name) ?? [])
    source.declareLabels([{ name, attributes: rule.attributes, skeleton: rule.skeleton }])
  }
}

function draftOf({ images, findings }: Source, file: string, e: XmlElement, rules: Rules): Draft | null {
  const { name = '', width, height, subset } = e.attributes
  const where = { file, line: e.line }
  const image = findImage(images, name, ['', 'images', ...(subset ? [`images/${subset}`, subset] : [])])
  if (!image) {
    findings.leave(where, sentence('finding.image-outside', { name: JSON.stringify(name) }))
    return null
  }
  const size = { width: numberOf(width), height: numberOf(height) }
  const labels: RecordLabel[] = []
  const regions: (DraftRegion & { group?: string | undefined })[] = []
  for (const c of e.children) {
    const label = c.attributes['label'] || null
    try {
      if (c.name === 'tag') {
        if (label) labels.push({ label })
        continue
      }
      const rule = rules.get(label ?? '')
      const { shape, changed } = shapeOf(c, size, rule?.skeleton)
      if (changed) findings.change({ file, line: c.line }, changed)
      const attributes = attributesOf(c, rule?.attributes)
      const group = c.attributes['group_id']
      if (group && Number(group) !== 0 && shape.kind !== 'polygon') attributes[groupAttribute] = Number(group)
      const z = Number(c.attributes['z_order'] ?? 0)
      regions.push({
        label,
        shape,
        line: c.line,
        group: group && Number(group) !== 0 ? group : undefined,
        ...(Number.isInteger(z) && z !== 0 ? { z } : {}),
        ...(Object.keys(attributes).length ? { attributes } : {}),
      })
    } catch (problem) {
      findings.leave({ file, line: c.line }, sentence('in-field', { field: c.name, problem: reasonFor(problem) }))
    }
  }
  return { image, where, size, split: splitOfImage(subset, file), labels, regions: joinParts(regions) }
}

/** CVAT names the subset; other writers use one file per split. */
const splitOfImage = (subset: string | undefined, file: string) => (subset ? (subset === 'default' ? null : subset) : splitOfFile(file))

/** Writes one file per split, because readers apply a file's subset to all its images. */
function write(given: Iterable<Item>, target: Target): void {
  // Sequences with tracks are written as videos.
  const items: Iterable<Item> = target.summary.counts.tracks ? writeVideos([...given], target) : given
  if (Array.isArray(items) && items.length === 0) return
  const labels = target.labels
    .map((n) => {
      const { attributes = [], skeleton } = target.schema.get(n) ?? {}
      const defined = attributes.map(definitionXml).join('')
      const joints = target.joints.of(n)
      if (joints && (joints.edges.length || joints.names.some((name, i) => name !== jointName({}, i))))
        return skeletonXml(n, joints, joints.names.length === skeleton?.points.length ? skeleton.layout : undefined, defined)
      return `<label><name>${escapeXml(n)}</name><attributes>${defined}</attributes></label>`
    })
    .join('\n')
  const files = new Map<string, TextFile>()
  const fileOf = (split: string | null) => {
    const name = split === null ? 'annotations' : safeName(split)
    let out = files.get(name)
    if (!out) {
      files.set(name, (out = openText(target, `${name}.xml`)))
      out.write(
        `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n` +
          `<meta><task><name>${escapeXml(name)}</name><mode>annotation</mode><labels>\n${labels}\n</labels></task></meta>\n`,
      )
    }
    return out
  }
  if (target.summary.images === 0) fileOf(null)
  let id = 0
  for (const item of items) {
    const { record } = item
    const name = withoutImagesFolder(record.fileName)
    const split = splitOf(record)
    const out = fileOf(split)
    copyImage(target, item, `images/${name}`)
    out.write(
      `<image id="${id++}" name="${escapeXml(name)}"${split ? ` subset="${escapeXml(split)}"` : ''}` +
        ` width="${record.width ?? 0}" height="${record.height ?? 0}">\n`,
    )
    for (const l of record.labels ?? []) out.write(`  <tag label="${escapeXml(l.label)}" source="manual"></tag>\n`)
    let group = Math.max(0, ...(record.regions ?? []).map((r: RecordRegion) => Number(r.attributes?.[groupAttribute]) || 0))
    for (const r of record.regions ?? []) {
      const elements = elementsOf(r, record.width && record.height ? { width: record.width, height: record.height } : null)
      if (!elements)
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.size-unknown-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
        )
      const own = r.attributes?.[groupAttribute]
      const id = elements && elements.length > 1 ? ++group : typeof own === 'number' ? own : 0
      const common = [
        `label="${escapeXml(labelOf(r))}"`,
        `source="${r.author?.kind === 'checkpoint' ? 'auto' : 'manual'}"`,
        `occluded="${r.attributes?.['occluded'] === true ? 1 : 0}"`,
        ...(id ? [`group_id="${id}"`] : []),
        `z_order="${r.z ?? 0}"`,
      ].join(' ')
      const attributes = Object.entries(r.attributes ?? {})
        .filter(([k, v]) => !(k === 'occluded' && v === true) && !(k === groupAttribute && id))
        .map(([k, v]) => `    <attribute name="${escapeXml(k)}">${escapeXml(String(v))}</attribute>\n`)
        .join('')
      for (const { tag, own, inner = '' } of elements ?? []) out.write(`  <${tag} ${common} ${own}>\n${inner}${attributes}  </${tag}>\n`)
    }
    out.write('</image>\n')
  }
  for (const out of files.values()) {
    out.write('</annotations>\n')
    out.close()
  }
}

export default defineFormat({
  id: 'cvat',
  order: 160,
  title: properName('CVAT'),
  about: { en: 'CVAT for images, and CVAT for video with its tracks', ja: 'CVAT の画像用と、トラックを持つ動画用' },
  extensions: ['.xml'],
  reference: 'https://docs.cvat.ai/docs/manual/advanced/formats/format-cvat/',
  recognises: isCvat,
  read,
  write,
  images: 'none',
  losses: {
    ...usualExcept('image labels', 'drawing order', 'skeletons'),
    'attribute definitions': { en: 'are kept, except which of them are required', ja: '保たれますが、必須かどうかは失われます' },
    holes: becomes.holesAsMasks,
    'unlabelled regions': becomes.unlabelledLabel,
  },
})
