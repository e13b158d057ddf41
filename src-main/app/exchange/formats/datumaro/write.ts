/** Writes regions, labels and captions as Datumaro items, one file per subset. */
import type { RecordRegion } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord } from '../../findings.ts'
import { jointName } from '../../objects.ts'
import { groupAttribute, hasHoles, maskOf, outlines } from '../../shapes.ts'
import { copyImage, type Item, openText, safeName, splitOf, type Target, type TextFile, withoutImagesFolder } from '../../target.ts'
import { labelOf } from '../../unlabelled.ts'
import { stemOf } from '../../tree.ts'

export function write(items: Iterable<Item>, target: Target): void {
  const ids = new Map(target.labels.map((name, i) => [name, i]))
  const files = new Map<string, { out: TextFile; count: number; ids: Set<string> }>()
  const head = '{"dm_format_version": "1.0", "media_type": 2, "infos": {"author": "Dashi"}, "items": ['
  const of = (subset: string) => {
    let f = files.get(subset)
    if (!f) files.set(subset, (f = { out: openText(target, `annotations/${safeName(subset)}.json`), count: 0, ids: new Set() }))
    if (f.count === 0) f.out.write(head)
    return f
  }
  for (const item of items) {
    const { record } = item
    const subset = splitOf(record) ?? 'default'
    const name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `images/${safeName(subset)}/${name}`)
    const f = of(subset)
    let id = 0
    let group = Math.max(0, ...(record.regions ?? []).map((r) => Number(r.attributes?.[groupAttribute]) || 0))
    const annotations = [
      ...(record.labels ?? []).map((l) => ({ id: id++, type: 'label', attributes: {}, group: 0, label_id: ids.get(l.label)! })),
      ...(record.regions ?? []).flatMap((r) => {
        const some = shapesOf(r, item, target)
        if (some.length === 0)
          target.findings.leave(
            { file: record.fileName },
            sentence('finding.size-unknown-of', { kind: kindWord(r.shape.kind), label: labelOf(r) }),
          )
        const own = r.attributes?.[groupAttribute]
        const g = some.length > 1 ? ++group : typeof own === 'number' ? own : 0
        const { [groupAttribute]: _, ...rest } = r.attributes ?? {}
        return some.map(({ attributes, ...s }) => ({
          id: id++,
          ...s,
          attributes: { ...(g === own ? rest : r.attributes), ...attributes },
          group: g,
          label_id: r.label === null ? null : ids.get(r.label)!,
          z_order: r.z ?? 0,
        }))
      }),
      ...(record.captions ?? [])
        .filter((c) => c.region == null)
        .map((c) => ({ id: id++, type: 'caption', attributes: {}, group: 0, caption: c.text })),
    ]
    // An item's id is unique within its subset: if a.jpg exists, a.png uses its whole name.
    const itemId = f.ids.has(stemOf(name)) ? name : stemOf(name)
    f.ids.add(itemId)
    const entry = {
      id: itemId,
      annotations,
      attr: {},
      image: { path: name, ...(record.width && record.height ? { size: [record.height, record.width] } : {}) },
    }
    f.out.write(`${f.count++ ? ',' : ''}\n${JSON.stringify(entry)}`)
  }
  if (files.size === 0) of('default')
  const categories = {
    label: { labels: target.labels.map((name) => entryOf(name, target)), attributes: [] },
    ...(target.joints.size
      ? {
          points: {
            items: [...target.joints]
              .filter(([l]) => ids.has(l))
              .map(([l, p]) => ({
                label_id: ids.get(l)!,
                labels: p.names,
                joints: p.edges.map(([a, b]) => [a + 1, b + 1]),
              })),
            attributes: [],
          },
        }
      : {}),
  }
  for (const { out } of files.values()) {
    out.write(`\n], "categories": ${JSON.stringify(categories)}}\n`)
    out.close()
  }
}

/** Datumaro knows only attribute names; the types are for our own reader. */
function entryOf(name: string, { schema, joints }: Target): object {
  const { parent = null, own = [], skeleton = null } = schema.get(name) ?? {}
  const layout = joints.of(name)?.names.length === skeleton?.points.length ? skeleton?.layout : undefined
  const dashi = { ...(own.length ? { attributes: own } : {}), ...(layout ? { layout } : {}) }
  return { name, parent: parent ?? '', attributes: own.map((a) => a.name), ...(Object.keys(dashi).length ? { dashi } : {}) }
}

function shapesOf(
  { shape, label }: RecordRegion,
  { record }: Item,
  { joints }: Target,
): ({ type: string; attributes?: object } & Record<string, unknown>)[] {
  switch (shape.kind) {
    case 'box':
      return [{ type: 'bbox', bbox: [shape.x, shape.y, shape.w, shape.h] }]
    case 'rotated-box':
      return [
        {
          type: 'bbox',
          bbox: [shape.cx - shape.w / 2, shape.cy - shape.h / 2, shape.w, shape.h],
          attributes: { rotation: ((shape.angle % 360) + 360) % 360 },
        },
      ]
    case 'polyline':
      return [{ type: 'polyline', points: shape.points }]
    case 'keypoints': {
      // In the label's joint order; joints missing from these points are marked as not labelled.
      const own = new Map(shape.points.map((p, i) => [jointName(p, i), p]))
      const names = (label === null ? undefined : joints.of(label)?.names) ?? [...own.keys()]
      const points = own.size < shape.points.length ? shape.points : names.map((n) => own.get(n) ?? { x: 0, y: 0, v: 0 })
      return [{ type: 'points', points: points.flatMap((p) => (p.v ? [p.x, p.y] : [0, 0])), visibility: points.map((p) => p.v) }]
    }
    case 'polygon':
      if (!hasHoles(shape)) return outlines(shape)!.map((ring) => ({ type: 'polygon', points: ring }))
  }
  if (shape.kind !== 'mask' && !(record.width && record.height)) return []
  const rle = maskOf(shape, { width: record.width ?? 0, height: record.height ?? 0 })!
  return [{ type: 'mask', rle: { counts: rle.counts, size: rle.size } }]
}
