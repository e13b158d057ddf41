/**
 * `npm run bench [-- name…]`: the figures that the issues name, measured on this machine. Machines are noisy, so what
 * is compared is measured in one run and reported as a ratio. Prints one JSON line a bench.
 */
const given = process.argv.slice(2)
const at = given.indexOf('--images')
const [, count] = at < 0 ? [] : given.splice(at, 2)
if (at >= 0 && !/^[1-9]\d{0,7}$/.test(count ?? '')) {
  process.stderr.write(`bench: --images: expected a number of images, found "${count ?? ''}"\n`)
  process.exit(2)
}
/** Of the benches whose size may be chosen. */
const images = count === undefined ? undefined : Number(count)

const benches: Record<string, () => Promise<Record<string, number>>> = {
  engine: async () => (await import('./engine.ts')).engineBench(),
  soup: async () => (await import('./soup.ts')).soupBench({ program: new URL('./merge-helper.js', import.meta.url) }),
  projects: async () => ({
    ...(await (await import('./projects.ts')).projectsBench()),
    ...(await (await import('./exchange.ts')).exchangeBench()),
  }),
  exchange: async () => (await import('./exchange.ts')).exchangeBench(),
  curation: async () => (await import('./curation.ts')).curationBench(),
  start: async () => (await import('./start.ts')).startBench(),
  scale: async () => (await import('./scale.ts')).scaleBench(images),
  canvas: async () => (await import('./canvas/bench.ts')).canvasBench(),
}

const wanted = given
const unknown = wanted.find((name) => !(name in benches))
if (unknown) {
  process.stderr.write(`bench: unknown bench "${unknown}": there are ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
for (const name of wanted.length ? wanted : Object.keys(benches)) {
  process.stderr.write(`${name} …\n`)
  const figures = await benches[name]!()
  process.stdout.write(`${JSON.stringify({ bench: name, ...figures })}\n`)
}
export {}
