/**
 * `npm run bench [-- name…]`: the figures that the issues name, measured on this machine. Machines are noisy, so what
 * is compared is measured in one run and reported as a ratio. Prints one JSON line a bench.
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { programRoot } from '../../src-main/program.ts'

const given = process.argv.slice(2)
const option = (name: string, valid: RegExp, expected: string): string | undefined => {
  const at = given.indexOf(name)
  const [, value] = at < 0 ? [] : given.splice(at, 2)
  if (at >= 0 && !valid.test(value ?? '')) {
    process.stderr.write(`bench: ${name}: expected ${expected}, found "${value ?? ''}"\n`)
    process.exit(2)
  }
  return value
}
/** Of the benches whose size may be chosen. */
const count = option('--images', /^[1-9]\d{0,7}$/, 'a number of images')
const images = count === undefined ? undefined : Number(count)
/** Where the bench of graphics cards writes its report, and whether it keeps to its tiny form where it finds a card. */
const report = option('--report', /^[^-]/, 'a file')
const tiny = given.includes('--tiny') && given.splice(given.indexOf('--tiny'), 1).length > 0
/** A smaller form of the benches `active`, `sweep`, `shots` (one seed, few classes), `openseg` and `owlv2`, of a few minutes. */
const fast = given.includes('--fast') && given.splice(given.indexOf('--fast'), 1).length > 0
/** Of the benches `plan`, `memory` and `step`: the cases whose name contains it. */
const only = option('--only', /^[a-z]/, 'a part of the name of a case')
/** Where a bench that takes long to prepare leaves its project and finds it again. */
const keep = option('--keep', /^[^-]/, 'a folder')

const benches: Record<string, () => Promise<Record<string, number>>> = {
  engine: async () => (await import('./engine.ts')).engineBench(),
  gpu: async () => (await import('./gpu/bench.ts')).gpuBench({ file: report, tiny }),
  soup: async () => (await import('./soup.ts')).soupBench({ program: pathToFileURL(join(programRoot, 'out', 'main', 'merge-worker.js')) }),
  projects: async () => ({
    ...(await (await import('./projects.ts')).projectsBench()),
    ...(await (await import('./exchange.ts')).exchangeBench()),
  }),
  exchange: async () => (await import('./exchange.ts')).exchangeBench(),
  curation: async () => (await import('./curation.ts')).curationBench(),
  logistic: async () => (await import('./logistic.ts')).logisticBench(),
  active: async () => (await import('./active/bench.ts')).activeBench(fast),
  preview: async () => (await import('./preview.ts')).previewBench(),
  grounding: async () => (await import('./preview.ts')).groundingBench(),
  owlv2: async () => (await import('./owlv2.ts')).owlv2Bench(fast),
  segment: async () => (await import('./segment.ts')).segmentBench(),
  openseg: async () => (await import('./openseg.ts')).opensegBench(fast),
  sweep: async () => (await import('./sweep.ts')).sweepBench(fast),
  overlap: async () => (await import('./overlap.ts')).overlapBench(images),
  labelling: async () => (await import('./labelling.ts')).labellingBench(),
  step: async () => (await import('./step/bench.ts')).stepBench(only),
  memory: async () => (await import('./memory.ts')).memoryBench(only),
  plan: async () => (await import('./plan/bench.ts')).planBench(only),
  start: async () => (await import('./start.ts')).startBench(),
  scale: async () => (await import('./scale.ts')).scaleBench(images, keep),
  'scale-page': async () => {
    if (!keep) throw new Error('scale-page: --keep: the folder that `scale --keep` left its project in')
    return (await import('./scale-page.ts')).scalePageBench(keep)
  },
  // It takes hours, so it is measured only where it is named.
  shots: async () => {
    if (!keep) throw new Error('shots: --keep: the folder for the curves, in which it goes on where it was stopped')
    return (await import('./shots/bench.ts')).shotsBench(keep, fast)
  },
  canvas: async () => (await import('./canvas/bench.ts')).canvasBench(),
}

const wanted = given
const unknown = wanted.find((name) => !(name in benches))
if (unknown) {
  process.stderr.write(`bench: unknown bench "${unknown}": there are ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
for (const name of wanted.length ? wanted : Object.keys(benches).filter((name) => name !== 'shots' && (keep || name !== 'scale-page'))) {
  process.stderr.write(`${name} …\n`)
  const figures = await benches[name]!()
  process.stdout.write(`${JSON.stringify({ bench: name, ...figures })}\n`)
}
export {}
