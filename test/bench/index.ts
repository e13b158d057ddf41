/**
 * `npm run bench [-- name…]`: the figures that the issues name, measured on this machine. Machines are noisy, so what
 * is compared is measured in one run and reported as a ratio. Prints one JSON line a bench.
 */
const benches: Record<string, () => Promise<Record<string, number>>> = {
  engine: async () => (await import('./engine.ts')).engineBench(),
  soup: async () => (await import('./soup.ts')).soupBench({ program: new URL('./merge-helper.js', import.meta.url) }),
  projects: async () => ({ ...(await (await import('./projects.ts')).projectsBench()), ...(await (await import('./exchange.ts')).exchangeBench()) }),
  exchange: async () => (await import('./exchange.ts')).exchangeBench(),
  curation: async () => (await import('./curation.ts')).curationBench(),
  start: async () => (await import('./start.ts')).startBench(),
  canvas: async () => (await import('./canvas/bench.ts')).canvasBench(),
}

const wanted = process.argv.slice(2)
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
