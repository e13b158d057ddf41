/**
 * Which folder may import which. Layers, and the rooms within each layer, are listed from the lowest up. A file may import from its own
 * room, from earlier rooms of its layer, and from the layers (or single rooms of other layers) that its layer names. A room is a folder, a
 * file, or all files directly in a folder (`src-main/*`). Every source file belongs to a room. `doors`: a layer whose rooms may only be
 * imported through their `index.ts`.
 */
export const layers = [
  {
    name: 'src-shared',
    rooms: [
      'src-shared/sentences',
      'src-shared/errors.ts',
      'src-shared/image-names.ts',
      'src-shared/phash.ts',
      // One room: validating a shape needs geometry, and geometry works on shapes.
      ['src-shared/model', 'src-shared/geometry'],
      'src-shared/format.ts',
      ['src-shared/contract', 'src-shared/contract.ts'],
      'src-shared/locales',
    ],
    below: [],
  },
  { name: 'src-main/files', rooms: ['src-main/files'], below: ['src-shared'] },
  { name: 'src-main/db', rooms: ['src-main/db'], below: ['src-shared', 'src-main/files'] },
  {
    name: 'src-main/engine',
    rooms: [
      'src-main/engine/graph',
      'src-main/engine/ops',
      'src-main/engine/autodiff.ts',
      ['src-main/engine/weights', 'src-main/engine/data'],
      'src-main/engine/metrics',
      'src-main/engine/optim',
      'src-main/engine/nn',
      'src-main/engine/models',
      ['src-main/engine/tasks', 'src-main/engine/runtime'],
      'src-main/engine/detection',
      'src-main/engine/segmentation',
      'src-main/engine/regions',
      'src-main/engine/foreign',
      'src-main/engine/recipes',
      'src-main/engine/rehearsal',
      'src-main/engine/gauge',
      'src-main/engine/pretrain',
      'src-main/engine/curation',
      'src-main/engine/merge',
      'src-main/engine/jobs',
      'src-main/engine/questions',
      'src-main/engine/*',
    ],
    below: ['src-shared', 'src-main/files'],
  },
  {
    name: 'src-main/host',
    rooms: ['src-main/host/ports.ts', 'src-main/host/node', 'src-main/host/electron'],
    below: ['src-shared', 'src-main/files'],
  },
  {
    name: 'src-main/app',
    rooms: [
      'src-main/program.ts',
      'src-main/app/context.ts',
      'src-main/app/terminal',
      'src-main/app/report',
      'src-main/app/hub',
      'src-main/app/devices',
      'src-main/app/projects',
      'src-main/app/annotations',
      'src-main/app/aids',
      'src-main/app/preview',
      'src-main/app/media',
      'src-main/app/storage',
      'src-main/app/curation',
      'src-main/app/lab',
      'src-main/app/agreement',
      'src-main/app/review',
      'src-main/app/sample',
      'src-main/app/pretrain',
      'src-main/app/exchange',
      'src-main/app/runners',
      'src-main/app/training',
      'src-main/app/merging',
      'src-main/app/evaluation',
      'src-main/app/demo',
      'src-main/app/work',
      'src-main/app/serve',
      'src-main/app/cli',
    ],
    below: ['src-shared', 'src-main/files', 'src-main/db', 'src-main/engine', 'src-main/host/ports.ts'],
    // Pre-training is written in the engine's own terms: graphs, layers, losses.
    doors: { to: 'src-main/engine', except: ['src-main/app/pretrain'] },
  },
  {
    name: 'src-main',
    rooms: ['src-main/*'],
    below: ['src-shared', 'src-main/files', 'src-main/db', 'src-main/engine', 'src-main/host', 'src-main/app'],
  },
  {
    name: 'src-renderer',
    rooms: [
      'src-renderer/locales',
      'src-renderer/rpc',
      // Small helpers that any room may use.
      'src-renderer/*',
      'src-renderer/canvas',
      // Stores may use addresses; what connects addresses to stores is above both.
      'src-renderer/routing/address.ts',
      ['src-renderer/stores', 'src-renderer/guide'],
      'src-renderer/routing',
      'src-renderer/actions',
      'src-renderer/components',
      'src-renderer/views',
      'src-renderer/shell',
      ['src-renderer/App.vue', 'src-renderer/main.ts'],
    ],
    below: ['src-shared'],
  },
]

const within = (room, file) =>
  room.endsWith('/*')
    ? file.startsWith(room.slice(0, -1)) && !file.slice(room.length - 1).includes('/')
    : file === room || file.startsWith(`${room}/`)

/** A file's layer and the index of its room in it; null if no room contains it. The most specific room wins. */
export function zoneOf(file, all = layers) {
  let best = null
  for (const layer of all)
    layer.rooms.forEach((given, at) => {
      for (const room of [given].flat())
        if (within(room, file) && (best === null || room.length > best.room.length)) best = { layer, at, room }
    })
  return best
}

/** Describes in one line why an import is not allowed; null if it is. */
export function importProblem(from, to, all = layers) {
  const [a, b] = [zoneOf(from, all), zoneOf(to, all)]
  if (!a || !b) return null // files without a zone are reported separately
  if (a.layer === b.layer) return b.at <= a.at ? null : `${a.room} stands below ${b.room}: imports go downwards only (.ci/zones.mjs)`
  const { doors } = a.layer
  if (doors?.to === b.layer.name && !/(^|\/)index\.ts$/.test(to) && !doors.except.includes(a.room))
    return `${to}: ${a.layer.name} imports ${doors.to} by the index.ts of a room only (.ci/zones.mjs)`
  if (a.layer.below.includes(b.layer.name) || a.layer.below.some((room) => within(room, to))) return null
  return `${a.room} may not import ${b.room}: ${a.layer.name} imports ${a.layer.below.join(', ') || 'nothing outside itself'} (.ci/zones.mjs)`
}

/** The path of an imported file relative to the source root; null for a package. */
export function importedFile(from, name) {
  if (name.startsWith('#shared/')) return `src-shared/${name.slice('#shared/'.length)}`
  if (!name.startsWith('.')) return null
  const parts = from.split('/').slice(0, -1)
  for (const part of name.replace(/\?.*$/, '').split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** The ESLint rule. The table is passed as an option so that ESLint's cache is invalidated when it changes. */
export const zonesRule = {
  meta: { type: 'problem', schema: [{ type: 'array' }] },
  create(context) {
    const all = context.options[0] ?? layers
    const file = context.filename.slice(context.cwd.length + 1).replaceAll('\\', '/')
    const check = (source) => {
      if (typeof source?.value !== 'string') return
      const to = importedFile(file, source.value)
      const problem = to && /^src-/.test(to) ? importProblem(file, to, all) : null
      if (problem) context.report({ node: source, message: problem })
    }
    return {
      Program(node) {
        if (!zoneOf(file, all)) context.report({ node, message: 'No zone holds this file: give its folder a place in .ci/zones.mjs' })
      },
      ImportDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal),
    }
  },
}
