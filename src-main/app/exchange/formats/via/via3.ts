/** VIA 3 projects: shapes as numbers after a type code, attributes and their options by id. */
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import type { Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../../findings.ts'
import type { Draft, DraftRegion, Source } from '../../draft.ts'
import { isObject, keyNamed, tagOf, withAttributes } from '../../fields.ts'
import { imageNamed, outside, splitBy } from '../../lookup.ts'
import type { Peek } from '../../peek.ts'
import { boxBetween, boxOf, ellipseRing, toRing } from '../../shapes.ts'

type Fields = Record<string, unknown>
const objects = (v: unknown): [string, Fields][] =>
  isObject(v) ? Object.entries(v).filter((e): e is [string, Fields] => isObject(e[1])) : []

/** Usual names of the class attribute, and of the description. */
export const classNames = [
  'class',
  'label',
  'type',
  'name',
  'category',
  'object',
  'class_name',
  'classname',
  'label_name',
  'labelname',
  'object_name',
  'species',
  'tag',
]
export const captionNames = ['caption', 'description', 'captions', 'text', 'comment']

/** The class attribute: by name, else the only one, else the first with options. */
export function classAttribute(names: readonly string[], declared: Readonly<Record<string, { type?: string }>>): string | undefined {
  const named = keyNamed(names, classNames)
  if (named !== undefined) return named
  const others = names.filter((n) => keyNamed([n], captionNames) === undefined)
  return others.length === 1 ? others[0] : names.find((n) => ['dropdown', 'radio'].includes(declared[n]?.type ?? ''))
}

export const isVia3 = ({ name, has }: Peek) =>
  name.endsWith('.json') && has('attribute') && has('metadata') && has('vid') && (has('aname') || has('av'))

interface Attribute {
  name: string
  options: Fields
}

export function* drafts({ images, findings, declareLabels }: Source, file: string, project: Fields): Generator<Draft> {
  const attributes = new Map(
    objects(project['attribute']).map(([id, a]): [string, Attribute] => [
      id,
      { name: typeof a['aname'] === 'string' ? a['aname'] : id, options: isObject(a['options']) ? a['options'] : {} },
    ]),
  )
  const label = classAttribute(
    [...attributes.values()].map((a) => a.name),
    {},
  )
  const option = (a: Attribute, value: unknown) => {
    const ids = String(value).split(',').filter(Boolean)
    return ids.length > 0 && ids.every((id) => Object.hasOwn(a.options, id)) ? ids.map((id) => String(a.options[id])) : [String(value)]
  }
  const said = (av: unknown) =>
    (isObject(av) ? Object.entries(av) : []).flatMap(([id, value]) => {
      const a = attributes.get(id)
      return a && String(value).trim() ? [{ name: a.name, words: option(a, value) }] : []
    })
  declareLabels([...attributes.values()].filter((a) => a.name === label).flatMap((a) => Object.values(a.options).map(String)))
  const views = new Map(objects(project['view']).map(([id, v]) => [id, Array.isArray(v['fid_list']) ? v['fid_list'].map(String) : []]))
  const files = new Map(objects(project['file']))
  const byFile = new Map<string, Fields[]>([...files.keys()].map((id) => [id, []]))
  for (const [id, m] of objects(project['metadata'])) {
    const fid = views.get(String(m['vid']))?.[0] ?? String(m['vid'])
    if (byFile.has(fid)) byFile.get(fid)!.push(m)
    else findings.leave({ file }, sentence('finding.via-view', { id, view: String(m['vid']) }))
  }
  for (const [fid, metadata] of byFile) {
    const { fname, src } = files.get(fid)!
    const named = [fname, src].find((n): n is string => typeof n === 'string' && n !== '') ?? ''
    const image = imageNamed(images, named, file)
    if (!image) {
      findings.leave({ file }, outside('fname', named))
      continue
    }
    const regions: DraftRegion[] = []
    const labels: RecordLabel[] = []
    const captions: RecordCaption[] = []
    const tags: string[] = []
    for (const m of metadata) {
      const values = said(m['av'])
      const xy = Array.isArray(m['xy']) ? m['xy'].map(Number) : []
      if (Array.isArray(m['z']) && m['z'].length > 0) findings.leave({ file }, sentence('finding.time-segment', { file: named }))
      else if (xy.length === 0)
        for (const { name, words } of values) {
          if (/caption|description/i.test(name)) captions.push(...words.map((text) => ({ text })))
          else if (name === label) labels.push(...words.map((w) => ({ label: w })))
          else tags.push(...words.map((w) => tagOf(name, w)))
        }
      else
        try {
          const rest = Object.fromEntries(values.filter((v) => v.name !== label).map((v) => [v.name, v.words.join(', ')]))
          regions.push({ label: values.find((v) => v.name === label)?.words[0] ?? null, shape: shapeOf(xy), ...withAttributes(rest) })
        } catch (e) {
          findings.leave({ file }, sentence('finding.xy', { file: named, problem: reasonFor(e) }))
        }
    }
    yield { image, where: { file }, regions, labels, captions, tags, split: splitBy(image.path, file) }
  }
}

/** A type code followed by numbers. */
function shapeOf([code, ...p]: number[]): Shape {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = p
  switch (code) {
    case 1:
      return { kind: 'keypoints', points: [{ x: a, y: b, v: 2 }] }
    case 2:
      return boxOf(a, b, c, d)
    case 3:
      return { kind: 'polygon', parts: [[ellipseRing(a, b, c, c)]] }
    case 4:
      return { kind: 'polygon', parts: [[ellipseRing(a, b, c, d)]] }
    case 5:
      return { kind: 'polyline', points: p.slice(0, 4) }
    case 6:
      return { kind: 'polyline', points: p }
    case 7: {
      const ring = toRing(p)
      if (!ring) throw new Unfit(sentence('finding.polygon-points', { n: p.length / 2 }))
      return { kind: 'polygon', parts: [[ring]] }
    }
    case 8:
      return boxBetween(a, b, c, d)
    default:
      throw new Unfit(sentence('finding.unknown-shape-named', { shape: String(code) }))
  }
}
