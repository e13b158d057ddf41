/** CVAT skeletons (docs.cvat.ai, "Skeletons"): a label of type skeleton with an SVG drawing, and a sub-label for each point. */
import { layoutOf, type Skeleton } from '#shared/model/skeleton.ts'
import { skeletonFrom, type Joints } from '../../objects.ts'
import { escapeXml } from '../../xml.ts'

const round = (v: number) => Math.round(v * 1e4) / 1e4

/** A skeleton's <label> elements: the label with its drawing, then its points. */
export function skeletonXml(label: string, joints: Joints, layout: Skeleton['layout'], attributes: string): string {
  const places = layoutOf({ points: joints.names, edges: joints.edges, ...(layout ? { layout } : {}) }).map(([x, y]) => [
    round(100 * x),
    round(100 * y),
  ])
  const lines = joints.edges.map(
    ([a, b]) =>
      `<line x1="${places[a]![0]}" y1="${places[a]![1]}" x2="${places[b]![0]}" y2="${places[b]![1]}" stroke="black"` +
      ` data-type="edge" data-node-from="${a + 1}" stroke-width="0.5" data-node-to="${b + 1}"></line>`,
  )
  const circles = joints.names.map(
    (name, i) =>
      `<circle r="1.5" stroke="black" fill="#b3b3b3" cx="${places[i]![0]}" cy="${places[i]![1]}" stroke-width="0.1"` +
      ` data-type="element node" data-element-id="${i + 1}" data-node-id="${i + 1}" data-label-name="${escapeXml(name)}"></circle>`,
  )
  const svg = escapeXml([...lines, ...circles].join(''))
  const own = `<label><name>${escapeXml(label)}</name><type>skeleton</type><attributes>${attributes}</attributes><svg>${svg}</svg></label>`
  const points = joints.names.map(
    (name) =>
      `<label><name>${escapeXml(name)}</name><type>points</type><attributes></attributes><parent>${escapeXml(label)}</parent></label>`,
  )
  return [own, ...points].join('\n')
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const unescaped = (s: string) =>
  s.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));/gi, (whole, ten?: string, hex?: string, name?: string) => {
    const code = ten ? Number(ten) : hex ? parseInt(hex, 16) : NaN
    if (Number.isNaN(code)) return entities[name!] ?? whole
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })

/** @param names the points, from the sub-labels; the drawing may order them differently, and adds positions and edges */
export function skeletonOfSvg(svg: string, names: readonly string[]): Skeleton | undefined {
  const elements = [...svg.matchAll(/<(circle|line)\b([^>]*)>/g)].map(([, tag, text]) => ({
    tag,
    has: new Map([...text!.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map((m) => [m[1]!, unescaped(m[2] ?? m[3]!)])),
  }))
  const nodes = elements
    .filter(({ tag, has }) => tag === 'circle' && has.has('data-node-id'))
    .map(({ has }, i) => ({
      id: has.get('data-node-id')!,
      name: has.get('data-label-name') ?? names[i] ?? '',
      at: [Number(has.get('cx')) / 100, Number(has.get('cy')) / 100] as [number, number],
    }))
    .filter(({ name }) => name)
  if (nodes.length === 0) return skeletonFrom(names, [])
  const at = new Map(nodes.map((n, i) => [n.id, i]))
  const edges = elements.flatMap(({ tag, has }): [number, number][] => {
    const [a, b] = [at.get(has.get('data-node-from') ?? ''), at.get(has.get('data-node-to') ?? '')]
    return tag === 'line' && a !== undefined && b !== undefined ? [[a, b]] : []
  })
  const points = nodes.map((n) => n.name)
  const usual = layoutOf({ points, edges })
  const same = nodes.every(({ at: [x, y] }, i) => Math.abs(x - usual[i]![0]) < 1e-5 && Math.abs(y - usual[i]![1]) < 1e-5)
  return skeletonFrom(points, edges, same ? undefined : nodes.map((n) => n.at))
}
