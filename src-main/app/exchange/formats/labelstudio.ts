/**
 * Label Studio JSON: labelstud.io/guide/export. Coordinates are percentages of the image; boxes rotate about their
 * top-left corner; brush masks as in brush.ts.
 */
import type { RecordRegion } from '#shared/model/record.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../findings.ts'
import { encodeBrush } from '../brush.ts'
import type { Size } from '../draft.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { provenanceOf } from '../provenance.ts'
import { hasHoles, maskOf, outlines } from '../shapes.ts'
import { copyImage, type Item, openText, type Target, withoutImagesFolder, writeFile } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import { escapeXml } from '../xml.ts'
import type { Author } from '#shared/model/author.ts'
import { isLabelStudio, read } from './labelstudio/read.ts'

function write(items: Iterable<Item>, target: Target): void {
  const out = openText(target, 'tasks.json')
  out.write('[')
  let id = 0
  for (const item of items) {
    const { record } = item
    const name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `images/${name}`)
    const results = resultsOf(item, target)
    const by = (author: Author | undefined) => (author?.kind === 'checkpoint' ? author.checkpoint : null)
    const models = [...new Set(results.map((r) => by(r.author)).filter((m) => m !== null))]
    const whole = {
      id: ++id,
      data: { image: `/data/local-files/?d=${encodeURIComponent(`images/${name}`)}`, ...(record.split ? { split: record.split } : {}) },
      annotations: [
        { id, was_cancelled: false, ground_truth: false, result: results.filter((r) => by(r.author) === null).map((r) => r.json) },
      ],
      predictions: models.map((model_version) => ({
        model_version,
        result: results
          .filter((r) => by(r.author) === model_version)
          .map((r) => ({ ...r.json, score: r.author?.kind === 'checkpoint' ? r.author.score : 0 })),
      })),
    }
    out.write(`${id > 1 ? ',' : ''}\n${JSON.stringify(whole)}`)
  }
  out.write('\n]\n')
  out.close()
  writeFile(target, 'labeling_config.xml', config(target.labels))
}

function resultsOf({ record }: Item, target: Target): { json: object; author: Author | undefined }[] {
  const out: { json: object; author: Author | undefined }[] = []
  const common = { original_width: record.width, original_height: record.height, image_rotation: 0, to_name: 'image', origin: 'manual' }
  const sized = record.width && record.height ? { width: record.width, height: record.height } : null
  const regionIds: string[] = []
  for (const [i, r] of (record.regions ?? []).entries()) {
    regionIds.push(`region-${i + 1}`)
    const values = sized ? valuesOf(r, sized) : []
    if (values.length === 0)
      target.findings.leave(
        { file: record.fileName },
        sentence('finding.size-unknown-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
      )
    values.forEach(({ type, value: v, label }, k) =>
      out.push({
        author: r.author,
        json: {
          id: k === 0 ? regionIds[i]! : `${regionIds[i]}-${k + 1}`,
          type,
          from_name: type,
          ...common,
          value: { ...v, [type]: [label ?? labelOf(r)] },
          meta:
            k > 0
              ? { partOf: regionIds[i] }
              : { dashi: r.attributes ?? {}, provenance: provenanceOf(r), ...(r.shape.kind === 'keypoints' ? { keypoints: r.shape } : {}) },
        },
      }),
    )
  }
  if (record.labels?.length)
    out.push({
      author: undefined,
      json: {
        id: 'labels',
        type: 'choices',
        from_name: 'choices',
        to_name: 'image',
        value: { choices: record.labels.map((l) => l.label) },
      },
    })
  for (const [i, c] of (record.captions ?? []).entries())
    out.push({
      author: c.author,
      json: {
        id: c.region == null ? `caption-${i + 1}` : regionIds[c.region]!,
        type: 'textarea',
        from_name: c.region == null ? 'caption' : 'description',
        to_name: 'image',
        value: { text: [c.text] },
      },
    })
  return out
}

function valuesOf({ shape }: RecordRegion, size: Size): { type: string; value: object; label?: string }[] {
  const [sx, sy] = [(x: number) => (100 * x) / size.width, (y: number) => (100 * y) / size.height]
  const percent = (flat: readonly number[]) => Array.from({ length: flat.length / 2 }, (_, i) => [sx(flat[2 * i]!), sy(flat[2 * i + 1]!)])
  switch (shape.kind) {
    case 'box':
      return [{ type: 'rectanglelabels', value: { x: sx(shape.x), y: sy(shape.y), width: sx(shape.w), height: sy(shape.h), rotation: 0 } }]
    case 'rotated-box': {
      const { cx, cy, w, h, angle } = shape
      const t = (angle * Math.PI) / 180
      const x = cx - (w / 2) * Math.cos(t) + (h / 2) * Math.sin(t)
      const y = cy - (w / 2) * Math.sin(t) - (h / 2) * Math.cos(t)
      return [{ type: 'rectanglelabels', value: { x: sx(x), y: sy(y), width: sx(w), height: sy(h), rotation: angle } }]
    }
    case 'polyline':
      return [{ type: 'polygonlabels', value: { points: percent(shape.points), closed: false } }]
    case 'keypoints': {
      // Label Studio displays every point; the first also stores the whole shape for our reader, which skips the others.
      const seen = shape.points.filter((p) => p.v > 0)
      return (seen.length ? seen : shape.points.slice(0, 1)).map((p) => ({
        type: 'keypointlabels',
        value: { x: sx(p.x), y: sy(p.y), width: 0.5 },
      }))
    }
    case 'polygon':
      if (!hasHoles(shape) && shape.parts.length === 1)
        return [{ type: 'polygonlabels', value: { points: percent(outlines(shape)![0]!), closed: true } }]
  }
  return [{ type: 'brushlabels', value: { format: 'rle', rle: encodeBrush(maskOf(shape, size)!) } }]
}

function config(labels: readonly string[]): string {
  const all = labels.map((l) => `    <Label value="${escapeXml(l)}"/>`).join('\n')
  const control = (tag: string, name: string) => `  <${tag} name="${name}" toName="image">\n${all}\n  </${tag}>`
  const choices = labels.map((l) => `    <Choice value="${escapeXml(l)}"/>`).join('\n')
  return `<View>
  <Image name="image" value="$image"/>
${control('RectangleLabels', 'rectanglelabels')}
${control('PolygonLabels', 'polygonlabels')}
${control('BrushLabels', 'brushlabels')}
${control('KeyPointLabels', 'keypointlabels')}
  <Choices name="choices" toName="image" choice="multiple">
${choices}
  </Choices>
  <TextArea name="caption" toName="image"/>
  <TextArea name="description" toName="image" perRegion="true"/>
</View>
`
}

export default defineFormat({
  id: 'labelstudio',
  order: 180,
  title: properName('Label Studio'),
  about: { en: 'Tasks with their annotations, as the full or the minimal export', ja: 'タスクとその注釈（完全版と最小版の書き出し）' },
  extensions: ['.json'],
  reference: 'https://labelstud.io/guide/export',
  recognises: isLabelStudio,
  read,
  write,
  images: 'none',
  losses: {
    ...usualExcept('captions', 'region captions', 'image labels'),
    holes: { en: 'are kept: polygons with holes become brush masks', ja: '保たれます。穴を持つ多角形はブラシのマスクになります' },
    parts: {
      en: 'are kept: polygons of several parts become one brush mask',
      ja: '保たれます。複数の部分を持つ多角形は一つのブラシのマスクになります',
    },
    'unlabelled regions': becomes.unlabelledLabel,
  },
})
