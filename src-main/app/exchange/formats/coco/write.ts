/** Writes one COCO document per split: instances with keypoints, and captions in a separate document. */
import { appendFileSync, createReadStream, createWriteStream, rmSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { shapeArea } from '#shared/geometry/shape.ts'
import type { RecordCaption, RecordRegion } from '#shared/model/record.ts'
import type { Attributes } from '#shared/model/region.ts'
import type { Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../../findings.ts'
import { provenanceOf } from '../../provenance.ts'
import { jointName, objectsOf } from '../../objects.ts'
import { boxOfShape, groupAttribute, hasHoles, maskOf, outlines } from '../../shapes.ts'
import { copyImage, type Item, openText, safeName, splitOf, type Target, TextFile, withoutImagesFolder } from '../../target.ts'
import type { CocoExtra } from './json.ts'
import { rotationAttribute } from './shapes.ts'

class Documents {
  private readonly images: TextFile
  private readonly annotations: TextFile
  private captions: { file: TextFile; parts: TextFile } | null = null
  private counts = { images: 0, annotations: 0, captions: 0 }
  private readonly name: string

  constructor(
    private readonly target: Target,
    split: string | null,
  ) {
    this.name = safeName(split ?? 'default')
    this.images = openText(target, `annotations/instances_${this.name}.json`)
    // A split may have any name; file names convey only the usual ones.
    const info = { description: 'exported by Dashi', version: '1.0', split }
    this.images.write(`{\n"info": ${JSON.stringify(info)},\n"licenses": [],\n"images": [`)
    this.annotations = new TextFile(`${this.images.file}.part`)
  }

  image(entry: object): void {
    this.images.write(`${this.counts.images++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  annotation(entry: object): void {
    this.annotations.write(`${this.counts.annotations++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  caption(entry: object): void {
    if (!this.captions) {
      const file = openText(this.target, `annotations/captions_${this.name}.json`)
      this.captions = { file, parts: new TextFile(`${file.file}.part`) }
    }
    this.captions.parts.write(`${this.counts.captions++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }

  /** Joins the lists that were written in parallel into one document. */
  async close(categories: object[]): Promise<void> {
    this.images.close()
    this.annotations.close()
    if (this.captions) {
      // A captions file has the same images but no categories.
      const { file, parts } = this.captions
      file.close()
      parts.close()
      await append(this.images.file, file.file, 'w')
      appendFileSync(file.file, '\n],\n"annotations": [')
      await append(parts.file, file.file, 'a')
      appendFileSync(file.file, '\n]\n}\n')
      rmSync(parts.file)
    }
    appendFileSync(this.images.file, '\n],\n"annotations": [')
    await append(this.annotations.file, this.images.file, 'a')
    appendFileSync(this.images.file, `\n],\n"categories": ${JSON.stringify(categories)}\n}\n`)
    rmSync(this.annotations.file)
  }
}

const append = (from: string, to: string, flags: 'a' | 'w') => pipeline(createReadStream(from), createWriteStream(to, { flags }))

export async function write(items: Iterable<Item>, target: Target): Promise<void> {
  const documents = new Map<string | null, Documents>()
  const of = (split: string | null) => {
    let d = documents.get(split)
    if (!d) documents.set(split, (d = new Documents(target, split)))
    return d
  }
  const ids = new Map(target.labels.map((name, i) => [name, i + 1]))
  const above = new Map<string, string>()
  let imageId = 0
  let annotationId = 0
  for (const item of items) {
    const { record } = item
    const d = of(splitOf(record))
    const file_name = withoutImagesFolder(record.fileName)
    d.image({
      id: ++imageId,
      file_name,
      width: record.width ?? 0,
      height: record.height ?? 0,
      license: 0,
      flickr_url: '',
      coco_url: '',
      date_captured: '',
    })
    copyImage(target, item, `images/${file_name}`)
    const said = new Map<RecordRegion, RecordCaption[]>()
    for (const c of record.captions ?? [])
      if (c.region != null) said.set(record.regions![c.region]!, [...(said.get(record.regions![c.region]!) ?? []), c])
    for (const { outline, points, label } of objectsOf(record.regions ?? [])) {
      const category_id = ids.get(label)
      if (category_id === undefined) continue
      const region = outline ?? points
      const entry = entryOf(item, region)
      if (!entry) {
        target.findings.leave({ file: record.fileName }, sentence('finding.no-shape-or-size', { kind: kindWord(region.shape.kind), label }))
        continue
      }
      const { supercategory, ...own } = region.attributes ?? {}
      if (typeof supercategory === 'string' && !above.has(label)) above.set(label, supercategory)
      const elsewhere = ['iscrowd', ...(points && outline ? [groupAttribute] : [])]
      const attributes = Object.fromEntries(Object.entries({ ...own, ...entry.attributes }).filter(([name]) => !elsewhere.includes(name)))
      d.annotation({
        id: ++annotationId,
        image_id: imageId,
        category_id,
        ...entry,
        ...(points ? jointsOf(points.shape, label, target) : {}),
        ...spoken([...(said.get(region) ?? []), ...(outline && points ? (said.get(points) ?? []) : [])], region, outline && points),
        attributes: Object.keys(attributes).length ? attributes : undefined,
      })
    }
    for (const { text, region, language, ...c } of record.captions ?? []) {
      if (region != null) continue
      const extra = { ...provenanceOf(c), ...(language ? { language } : {}) }
      d.caption({ id: ++annotationId, image_id: imageId, caption: text, ...(Object.keys(extra).length ? { dashi: extra } : {}) })
    }
  }
  if (documents.size === 0) of(null)
  const categories = target.labels.map((name, i) => {
    const k = target.joints.of(name)
    const { parent = null, own = [], skeleton = null } = target.schema.get(name) ?? {}
    const more = {
      ...(parent === null ? {} : { parent }),
      ...(own.length ? { attributes: own } : {}),
      // A layout for points outside the skeleton could not be stored.
      ...(skeleton?.layout && k?.names.length === skeleton.points.length ? { layout: skeleton.layout } : {}),
    }
    return {
      id: i + 1,
      name,
      supercategory: above.get(name) ?? parent ?? '',
      ...(k ? { keypoints: k.names, skeleton: k.edges.map(([p, q]) => [p + 1, q + 1]) } : {}),
      ...(Object.keys(more).length ? { dashi: more } : {}),
    }
  })
  for (const d of documents.values()) await d.close(categories)
}

/** A region's provenance and captions: the first caption where other readers look for it, all of them for our own. */
export function spoken(
  captions: readonly RecordCaption[],
  region: RecordRegion,
  points?: RecordRegion,
): { caption?: string; dashi?: CocoExtra } {
  const all = captions.map(({ text, language, ...c }) => ({ text, ...(language ? { language } : {}), ...provenanceOf(c) }))
  const own = provenanceOf(region)
  const simple = all.length === 1 && JSON.stringify(provenanceOf(captions[0]!)) === JSON.stringify(own) && !captions[0]!.language
  const apart = points && ownOf(points) !== ownOf(region) ? { points: { ...provenanceOf(points), attributes: withoutGroup(points) } } : {}
  const dashi = { ...own, ...(all.length && !simple ? { captions: all } : {}), ...apart }
  return { ...(all.length ? { caption: all[0]!.text } : {}), ...(Object.keys(dashi).length ? { dashi } : {}) }
}

function withoutGroup({ attributes }: RecordRegion): Attributes {
  const { [groupAttribute]: _, ...rest } = attributes ?? {}
  return rest
}
const ownOf = (r: RecordRegion) => JSON.stringify([provenanceOf(r), withoutGroup(r)])

function entryOf({ record }: Item, region: RecordRegion): ({ attributes?: object } & Record<string, unknown>) | null {
  const { shape } = region
  const { x, y, w, h } = boxOfShape(shape)
  const bbox = [x, y, w, h]
  const iscrowd = region.attributes?.['iscrowd'] ? 1 : 0
  if (shape.kind === 'box' || shape.kind === 'keypoints') return { bbox, area: w * h, segmentation: [], iscrowd }
  if (shape.kind === 'mask' || hasHoles(shape)) {
    if (shape.kind !== 'mask' && !(record.width && record.height)) return null
    const segmentation = maskOf(shape, { width: record.width ?? 0, height: record.height ?? 0 })!
    return { bbox, area: shapeArea({ kind: 'mask', rle: segmentation }), segmentation, iscrowd }
  }
  const segmentation = outlines(shape)
  const attributes = shape.kind === 'rotated-box' ? { [rotationAttribute]: shape.angle } : {}
  return segmentation && { bbox, area: shapeArea(shape), segmentation, iscrowd, attributes }
}

/** In the order of the label's joints; joints missing from these keypoints are marked as not labelled. */
function jointsOf(shape: Shape, label: string, { joints }: Target): object {
  if (shape.kind !== 'keypoints') return {}
  const at = new Map(shape.points.map((p, i) => [jointName(p, i), p]))
  const keypoints = joints.of(label)!.names.flatMap((n) => {
    const p = at.get(n)
    return p && p.v > 0 ? [p.x, p.y, p.v] : [0, 0, 0]
  })
  return { keypoints, num_keypoints: shape.points.filter((p) => p.v > 0).length }
}
