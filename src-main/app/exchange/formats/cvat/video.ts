/**
 * CVAT XML 1.1 for videos: one file per image sequence with tracks. A region without a track becomes a single-frame
 * track marked `untracked`, and frame names are stored in <dashi>; CVAT ignores both.
 */
import { type RecordRegion } from '#shared/model/record.ts'
import { mayBeFrame, sequenceOf, trackAttributes, trackOfAttributes } from '#shared/model/sequence.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../../findings.ts'
import { definitionXml } from './attributes.ts'
import { groupAttribute } from '../../shapes.ts'
import { copyImage, type Item, openText, safeName, type Target, type TextFile, withoutImagesFolder } from '../../target.ts'
import { labelOf } from '../../unlabelled.ts'
import { escapeXml } from '../../xml.ts'
import { elementsOf } from './elements.ts'

interface Moment {
  region: RecordRegion
  keyframe: boolean
  end: boolean
  tag: string
  own: string
  inner: string
}
interface Track {
  label: string
  untracked: boolean
  group: number
  moments: Map<number, Moment>
}

const folderOf = ({ record: { fileName } }: Item) => fileName.slice(0, fileName.lastIndexOf('/') + 1)
function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

/** Writes the sequences that have tracks; returns the images that belong to none. */
export function writeVideos(items: readonly Item[], target: Target): Item[] {
  const left = new Set(items)
  const folders = new Map<string, Item[]>()
  for (const item of items) push(folders, folderOf(item), item)
  for (const item of items) {
    const { fileName, regions = [] } = item.record
    // For an image that cannot be a frame, `track_id` is an ordinary attribute.
    if (!left.has(item) || !mayBeFrame(fileName) || !regions.some((r) => trackOfAttributes(r.attributes ?? {}))) continue
    const found = sequenceOf(fileName, folders.get(folderOf(item))!, (i) => i.record.fileName)
    const frames = (found?.frames.map((f) => f.of) ?? [item]).filter((f) => left.has(f))
    for (const frame of frames) left.delete(frame)
    writeVideo(found?.name ?? fileName, frames, target)
  }
  return [...left]
}

function writeVideo(name: string, frames: readonly Item[], target: Target): void {
  const title = safeName(name.replace(/\.[^./]*$/, '').replace(/[/#]+/g, '_')).replace(/^_+|_+$/g, '') || 'video'
  const out = openText(target, `${title}.xml`)
  const size = frames.map((f) => f.record).find((r) => r.width && r.height)
  const labels = target.labels
    .map((n) =>
      [
        `<label><name>${escapeXml(n)}</name>`,
        `<attributes>${(target.schema.get(n)?.attributes ?? []).map(definitionXml).join('')}</attributes></label>`,
      ].join(''),
    )
    .join('\n')
  out.write(
    [
      `<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta><task><name>${escapeXml(title)}</name>`,
      `<size>${frames.length}</size><mode>interpolation</mode><start_frame>0</start_frame>`,
      `<stop_frame>${frames.length - 1}</stop_frame><labels>\n${labels}\n</labels>`,
      size ? `<original_size><width>${size.width}</width><height>${size.height}</height></original_size>` : '',
      '</task>\n<dashi>\n',
    ].join(''),
  )
  for (const item of frames) {
    const file = withoutImagesFolder(item.record.fileName)
    out.write(`<frame name="${escapeXml(file)}"/>\n`)
    copyImage(target, item, `images/${file}`)
    const { labels, captions, split } = item.record
    const lost = [labels?.length && 'labels', captions?.length && 'captions', split && 'split'].filter(Boolean)
    if (lost.length) target.findings.leave({ file: item.record.fileName }, sentence('finding.cvat-video-lost', { what: lost.join(' or ') }))
  }
  out.write('</dashi></meta>\n')
  const tracks = tracksOf(frames, target)
  let next = Math.max(-1, ...[...tracks.keys()].filter((k) => typeof k === 'number')) + 1
  for (const [key, track] of tracks) writeTrack(out, typeof key === 'number' ? key : next++, track, frames.length)
  out.write('</annotations>\n')
  out.close()
}

/** Tracks by number; parts of a region (separate tracks in CVAT) and regions without a track are keyed by name. */
function tracksOf(frames: readonly Item[], target: Target): Map<number | string, Track> {
  const tracks = new Map<number | string, Track>()
  let group = Math.max(0, ...frames.flatMap((f) => (f.record.regions ?? []).map((r) => Number(r.attributes?.[groupAttribute]) || 0)))
  frames.forEach(({ record }, frame) => {
    const size = record.width && record.height ? { width: record.width, height: record.height } : null
    for (const [i, region] of (record.regions ?? []).entries()) {
      const place = trackOfAttributes(region.attributes ?? {})
      const elements = elementsOf(region, size)
      if (!elements || elements[0]!.tag === 'mask') {
        target.findings.leave(
          { file: record.fileName },
          sentence('finding.no-shape-cvat-video', { kind: kindWord(region.shape.kind), label: labelOf(region) }),
        )
        continue
      }
      const own = Number(region.attributes?.[groupAttribute]) || 0
      elements.forEach(({ tag, own: shape, inner = '' }, part) => {
        const name = place ? (part ? `${place.track.id}.${part}` : place.track.id) : `${frame} ${i} ${part}`
        let track = tracks.get(name)
        if (!track) {
          const joined = elements.length > 1 ? (tracks.get(place?.track.id ?? `${frame} ${i} 0`)?.group ?? (own || ++group)) : own
          tracks.set(name, (track = { label: labelOf(region), untracked: !place, group: joined, moments: new Map() }))
        }
        const kind = place?.track.frame
        track.moments.set(frame, { region, keyframe: kind !== 'between', end: kind === 'end', tag, own: shape, inner })
      })
    }
  })
  return tracks
}

function writeTrack(out: TextFile, id: number, { label, untracked, group, moments }: Track, frames: number): void {
  const more = (group ? ` group_id="${group}"` : '') + (untracked ? ' untracked="1"' : '')
  out.write(`<track id="${id}" label="${escapeXml(label)}" source="manual"${more}>\n`)
  for (const [frame, m] of moments) {
    out.write(element(frame, m, false))
    const next = moments.get(frame + 1)
    if (frame + 1 < frames && !next) out.write(element(frame + 1, m, true))
  }
  out.write('</track>\n')
}

const carried = new Set<string>([...Object.values(trackAttributes), groupAttribute])

function element(frame: number, { region, keyframe, tag, own, inner }: Moment, outside: boolean): string {
  const given = Object.entries(region.attributes ?? {}).filter(([k, v]) => !carried.has(k) && !(k === 'occluded' && v === true))
  const attributes = given.map(([k, v]) => `    <attribute name="${escapeXml(k)}">${escapeXml(String(v))}</attribute>\n`).join('')
  const occluded = region.attributes?.['occluded'] === true ? 1 : 0
  const flags = `outside="${outside ? 1 : 0}" occluded="${occluded}" keyframe="${outside || keyframe ? 1 : 0}"`
  return `  <${tag} frame="${frame}" ${flags} ${own} z_order="${region.z ?? 0}">\n${inner}${attributes}  </${tag}>\n`
}
