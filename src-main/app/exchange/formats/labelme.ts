/** LabelMe JSON, one file per image: wkentaro/labelme labelme/_label_file.py; X-AnyLabeling's extensions are read too. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { RecordCaption } from '#shared/model/record.ts'
import { properName } from '#shared/model/words.ts'
import { attributesFrom } from '../attributes.ts'
import { formatOf } from '../../../engine/data/index.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { problemOf, reasonFor } from '../findings.ts'
import { becomes, defineFormat, usualExcept } from '../format.ts'
import { sentence } from '#shared/sentences/table.ts'
import { parsePythonJson } from '../json.ts'
import { placed, unpacking } from '../placed.ts'
import { readProvenance } from '../provenance.ts'
import { groupAttribute, joinedWithPlaces } from '../shapes.ts'
import type { Peek } from '../peek.ts'
import { splitFolder } from '../splits.ts'
import { findImage, join, stemOf } from '../tree.ts'
import { write } from './labelme/write.ts'
import { labelmeShape, labelmeFile, attributesOf, shapeOf, others } from './labelme/shapes.ts'

const ofFiles = new Set([...Object.keys(labelmeFile.shape), 'version', 'lineColor', 'fillColor', 'dashi'])

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  for (const name of file === null ? tree.files('', findings) : [file]) {
    if (!name.endsWith('.json') || (file === null && !isLabelme(tree.peek(name)))) continue
    let parsed: z.output<typeof labelmeFile>
    try {
      parsed = labelmeFile.parse(parsePythonJson(tree.text(name)))
    } catch (e) {
      findings.leave({ file: name }, sentence('finding.not-labelme', { problem: e instanceof z.ZodError ? problemOf(e) : reasonFor(e) }))
      continue
    }
    const draft = draftOf(source, name, parsed, await imageOf(source, name, parsed))
    if (draft) yield draft
  }
}

/** The image as named in the file, next to the file, or embedded in it. */
async function imageOf(source: Source, file: string, f: z.output<typeof labelmeFile>): Promise<Pick<Draft, 'image' | 'root'> | null> {
  const { images, findings } = source
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file)
  const byStem = () => images.imagesByStem(folder, path.posix.basename(stemOf(file)))[0]
  const named = f.imagePath
    ? findImage(images, f.imagePath.replaceAll('\\', '/'), [folder, '', join(folder, '../images').replace(/^\.\.\//, '')])
    : null
  const beside = named?.exists ? undefined : byStem()
  if (beside) return { image: { path: beside, exists: true } }
  if (named?.exists) return { image: named }
  const data = Buffer.from(f.imageData ?? '', 'base64')
  const extension = pictureExtension(data)
  if (extension) {
    const root = source.unpackTo(path.basename(source.tree.root))
    writeFileSync(unpacking(root), data)
    const name = await placed(root, [`${stemOf(file)}${extension}`], unpacking(root))
    findings.change({ file }, sentence('finding.image-data-used', { image: f.imagePath ?? '', name }))
    return { image: { path: name, exists: true }, root }
  }
  if (!named) findings.leave({ file }, sentence('finding.image-path', { name: JSON.stringify(f.imagePath ?? null) }))
  return named && { image: named }
}

/** Image type by signature: the formats that labelme opens. */
function pictureExtension(data: Buffer): string | null {
  const start = data.toString('latin1', 0, 12)
  if (start.startsWith('\x89PNG')) return '.png'
  if (start.startsWith('\xff\xd8\xff')) return '.jpg'
  if (/^RIFF....WEBP/s.test(start)) return '.webp'
  if (/^GIF8/.test(start)) return '.gif'
  if (/^(II\*\0|MM\0\*)/.test(start)) return '.tif'
  if (formatOf(data) === 'BMP') return '.bmp'
  return null
}

function draftOf(
  { findings }: Source,
  file: string,
  f: z.output<typeof labelmeFile>,
  found: Pick<Draft, 'image' | 'root'> | null,
): Draft | null {
  if (!found) return null
  const described: { text: string; region: number }[] = []
  const regions: (DraftRegion & { group?: string | null })[] = []
  for (const [i, raw] of f.shapes.entries()) {
    const parsed = labelmeShape.safeParse(raw)
    if (!parsed.success) {
      findings.leave({ file }, problemOf(parsed.error, 'shapes', i))
      continue
    }
    const s = parsed.data
    try {
      const { shape, changed } = shapeOf(s, { width: f.imageWidth ?? 0, height: f.imageHeight ?? 0 })
      if (changed) findings.change({ file }, sentence('in-field', { field: `shapes.${i}`, problem: changed }))
      regions.push({
        label: s.label,
        shape,
        group: s.group_id == null ? null : String(s.group_id),
        attributes: attributesOf(s),
        ...readProvenance(s.dashi ?? {}),
      })
      if (s.description?.trim()) described.push({ text: s.description, region: regions.length - 1 })
    } catch (e) {
      findings.leave({ file }, sentence('in-field', { field: `shapes.${i}`, problem: reasonFor(e) }))
    }
  }
  const { regions: joined, places } = joinedWithPlaces(regions)
  // Parts of one region need no group; any other group stays an attribute.
  const groups = new Map<string, Set<number>>()
  regions.forEach(({ group }, i) => group != null && groups.set(group, (groups.get(group) ?? new Set()).add(places[i]!)))
  for (const [group, members] of groups)
    for (const at of members) {
      const r = joined[at]!
      const parts = r.shape.kind === 'polygon' ? r.shape.parts.length : 1
      if (parts === 1 || members.size > 1)
        r.attributes = { ...r.attributes, [groupAttribute]: Number.isFinite(Number(group)) ? Number(group) : group }
    }
  for (const r of joined) if (Object.keys(r.attributes ?? {}).length === 0) delete r.attributes
  const rest = Object.keys(attributesFrom(others(f, ofFiles)))
  if (rest.length) findings.note(sentence('note.labelme-fields', { fields: rest.slice(0, 10).join(', ') }))
  const marks = Object.entries(f.flags ?? {}).filter(([, v]) => v !== false && v !== null && v !== '')
  return {
    ...found,
    where: { file },
    split: splitFolder(found.image.path).split,
    size: { width: f.imageWidth ?? undefined, height: f.imageHeight ?? undefined },
    regions: joined,
    captions: [
      ...[f.description, f.caption].flatMap((text): RecordCaption[] => (text?.trim() ? [{ text }] : [])),
      ...described.map(({ text, region }): RecordCaption => ({ text, region: places[region]! })),
    ],
    labels: marks.filter(([, v]) => v === true).map(([label]) => ({ label })),
    tags: [
      ...new Set(
        [...(f.tags ?? []).map(String), ...marks.filter(([, v]) => v !== true).map(([k, v]) => `${k}: ${String(v)}`)]
          .map((t) => t.trim().slice(0, 200))
          .filter(Boolean),
      ),
    ],
  }
}

const isLabelme = ({ name, has }: Peek) => name.endsWith('.json') && has('shapes') && (has('imagePath') || has('imageHeight'))

export default defineFormat({
  id: 'labelme',
  order: 190,
  title: properName('LabelMe'),
  about: { en: 'One file next to each image, with X-AnyLabeling’s extensions', ja: '画像の隣に一つずつ。X-AnyLabeling の拡張を含む' },
  extensions: ['.json'],
  reference: 'https://github.com/wkentaro/labelme',
  recognises: isLabelme,
  beside: true,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualExcept('image labels', 'region captions', 'captions', 'tags', 'authors'),
    'several captions an image': becomes.onlyFirst,
    holes: becomes.holesAsMasks,
    splits: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledLabel,
  },
})
