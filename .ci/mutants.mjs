// Mutation testing: puts small faults into the code, one at a time, and counts those that the unit tests notice.
//   npm run mutants -- --sample 100 --seed 1 [--only src-shared[,src-main/db]]   a random sample of each area; same seed, same sample
//   npm run mutants -- --only src-shared/phash.ts                                every mutant of a file, folder or area
//   npm run mutants -- --only src-main/db --at src-main/db/check.ts:177:29       the mutants at a position, as listed for survivors
//   --tests test/engine   run only the unit tests of these folders: faster, and the score is a lower bound
//   --jobs 2              vitest workers
//   --budget 30           seconds of tests per mutant, as measured during coverage
//   --list                only print what would be run
//   --out FILE            where to write the result, as JSON
// The mutants are Stryker's, but the tests are run here: Stryker's own vitest runner counts mutants that no test covers as survivors
// (stryker-js issues 6150 and 6213).
import { createInstrumenter } from '@stryker-mutator/instrumenter'
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { at, root, say, sources } from './once.mjs'

const AREAS = ['src-shared', 'src-main/db', 'src-main/engine']
/** Tables of user-visible words, like the error messages below. */
const WORDS = ['src-shared/sentences/', 'src-shared/locales/']
const CACHE = at('node_modules', '.cache', 'dashi-mutants')

const { values: options } = parseArgs({
  options: {
    sample: { type: 'string' },
    at: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: AREAS.join(',') },
    tests: { type: 'string', default: 'test' },
    jobs: { type: 'string', default: '1' },
    budget: { type: 'string', default: '30' },
    out: { type: 'string', default: path.join(CACHE, 'result.json') },
    list: { type: 'boolean', default: false },
  },
})
const only = options.only.split(',')
const within = (file) => only.some((prefix) => file === prefix || file.startsWith(`${prefix.replace(/\/$/, '')}/`))
const sha = (...parts) => createHash('sha256').update(parts.join('\0')).digest('hex')
const relative = (file) => path.relative(root, file).split(path.sep).join('/')

/**
 * Not mutated: error messages, because a test that repeats them would guard their wording and not the behaviour; and glob patterns, which
 * Vite reads before the program runs.
 */
const left = {
  shouldIgnore({ node, parent, listKey }) {
    if (listKey !== 'arguments' || !['NewExpression', 'CallExpression'].includes(parent.type)) return undefined
    if (/Error$/.test(parent.callee.name ?? '')) return `the words of an error (${node.type})`
    return parent.callee.object?.type === 'MetaProperty' ? 'a pattern that Vite reads' : undefined
  },
}

const quiet = { isDebugEnabled: () => false, debug: () => {}, info: () => {} }
const injector = {
  provideValue: (token, value) => ((injector.values[token] = value), injector),
  values: { logger: quiet },
  injectClass: (type) => new type(...type.inject.map((token) => injector.values[token])),
}

/** All mutants of the requested files, and each file's instrumented source with all of its mutants behind switches. */
async function instrumented() {
  const files = AREAS.flatMap((area) => sources(at(area)))
    .filter((file) => file.endsWith('.ts') && !WORDS.some((folder) => relative(file).startsWith(folder)) && within(relative(file)))
    .sort()
    .map((name) => ({ name, mutate: true, content: fs.readFileSync(name, 'utf8') }))
  const result = await createInstrumenter(injector).instrument(files, { plugins: null, ignorers: [left], excludedMutations: [] })
  const mutants = result.mutants
    .filter((m) => m.status === undefined)
    .map((m) => {
      const file = relative(m.fileName)
      const { start, end } = m.location
      const place = `${file}:${start.line + 1}:${start.column + 1}`
      const span = `${end.line - start.line}:${end.column - start.column}`
      return { ...m, file, place, area: AREAS.find((a) => file.startsWith(`${a}/`)), key: sha(place, span, m.mutatorName, m.replacement) }
    })
  return { mutants, contents: Object.fromEntries(result.files.map((f) => [f.name, f.content])) }
}

/** A process running vitest in its own group, so that a mutant that never ends can be killed with everything it started. */
function worker(contentsFile) {
  let child
  const start = () => {
    child = fork(at('.ci', 'mutants-worker.mjs'), [contentsFile, options.jobs], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    child.said = ''
    child.stderr.on('data', (text) => (child.said = (child.said + text).slice(-4000)))
  }
  const stop = () => {
    try {
      if (child) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // it has already exited
    }
    child = undefined
  }
  const ask = (question, seconds) =>
    new Promise((resolve, reject) => {
      if (!child) start()
      const asked = child
      const end = (settle, value) => {
        clearTimeout(timer)
        asked.removeAllListeners('message').removeAllListeners('exit')
        settle(value)
      }
      const timer = setTimeout(() => {
        stop()
        end(resolve, { status: 'Timeout' })
      }, seconds * 1000)
      asked.once('message', (answer) => end(resolve, answer))
      asked.once('exit', (code) => {
        child = undefined
        end(reject, new Error(`the worker ended with ${code}: ${asked.said}`))
      })
      asked.send(question)
    })
  return { ask, stop }
}

/**
 * Which test files cover which mutants, and how long each takes. Mutants in code that runs on import are attributed to the tests that
 * import the module. Cached per state of the mutated sources and of the test.
 */
async function coverage(contents, mutants, { ask, stop }) {
  const folders = options.tests.split(',').map((folder) => `${folder.replace(/\/$/, '')}/`)
  const { tests: all } = await ask({ kind: 'list' }, 300)
  const tests = all.filter((test) => folders.some((folder) => relative(test).startsWith(folder)))
  const stamp = sha(...Object.values(contents))
  const kept = (test) => path.join(CACHE, 'coverage', `${sha(stamp, test, fs.readFileSync(test)).slice(0, 32)}.json`)
  const missing = tests.filter((test) => !fs.existsSync(kept(test)))
  if (missing.length) {
    say(`measuring what ${missing.length} of ${tests.length} test files run …`)
    const into = path.join(CACHE, `covering-${process.pid}`)
    fs.mkdirSync(into, { recursive: true })
    const names = new Map(missing.map((test) => [test, kept(test)])) // resolved now, in case files change meanwhile
    const answer = await ask({ kind: 'cover', tests: missing, into }, 3600)
    stop() // this worker shares modules between files, which mutants must not
    if (answer.status !== 'Survived') throw new Error(`the tests do not pass as they are: ${answer.by ?? answer.status}`)
    fs.mkdirSync(path.join(CACHE, 'coverage'), { recursive: true })
    for (const name of fs.readdirSync(into)) {
      const { test } = JSON.parse(fs.readFileSync(path.join(into, name), 'utf8'))
      fs.renameSync(path.join(into, name), names.get(test))
    }
  }
  const covers = new Map(mutants.map((m) => [m.id, []]))
  const loaded = new Set()
  const measured = tests
    .map(kept)
    .filter((file) => fs.existsSync(file))
    .map((file) => JSON.parse(fs.readFileSync(file, 'utf8')))
  for (const { test, seconds, ids, loaded: once } of measured) {
    for (const id of ids) covers.get(id)?.push({ test, seconds, breadth: ids.length })
    for (const id of once) loaded.add(id)
  }
  const importing = importers()
  for (const mutant of mutants)
    if (loaded.has(mutant.id)) {
      const known = new Set(covers.get(mutant.id).map((c) => c.test))
      for (const { test, seconds, ids } of measured)
        if (!known.has(test) && importing(test).has(mutant.fileName))
          covers.get(mutant.id).push({ test, seconds, breadth: 1e6 + ids.length })
    }
  return covers
}

/** All sources that a file imports, transitively. */
function importers() {
  const direct = new Map()
  const importsOf = (file) => {
    if (!direct.has(file)) {
      const text = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
      const found = [...text.matchAll(/(?:from|import\()\s*'((?:\.{1,2}|#shared)\/[^']+\.ts)'/g)].map(([, to]) =>
        to.startsWith('#shared/') ? at('src-shared', to.slice('#shared/'.length)) : path.resolve(path.dirname(file), to),
      )
      for (const [, pattern] of text.matchAll(/import\.meta\.glob[^(]*\(\s*'\.\/([^*']*)\*\.ts'/g))
        for (const name of fs.readdirSync(path.resolve(path.dirname(file), pattern)))
          if (name.endsWith('.ts')) found.push(path.resolve(path.dirname(file), pattern, name))
      direct.set(file, found)
    }
    return direct.get(file)
  }
  const all = new Map()
  return (file) => {
    if (!all.has(file)) {
      const seen = new Set([file])
      for (const next of seen) for (const to of importsOf(next)) seen.add(to)
      all.set(file, seen)
    }
    return all.get(file)
  }
}

/** Seconds that a test file takes before its first test, for the process and its modules. */
const START = 1
/** At least this many test files are run, whatever they cost. */
const LEAST = 5

/** Nearest tests first: those in the mirrored folder, then those that cover the least else; as many as the budget allows. */
function chosen(mutant, covering) {
  const mirror = `test/${mutant.file.replace(/^src-(main\/)?/, '').replace(/\.ts$/, '')}`
  const room = mirror.split('/').slice(0, 2).join('/')
  const near = (test) => {
    const place = relative(test).replace(/\.test\.ts$/, '')
    if (place === mirror) return 0
    if (path.posix.dirname(place) === path.posix.dirname(mirror)) return 1
    return place.startsWith(`${room}/`) ? 2 : 3
  }
  let left = Number(options.budget)
  return covering
    .toSorted((a, b) => near(a.test) - near(b.test) || a.breadth - b.breadth)
    .filter(({ seconds }, i) => (left -= seconds + START) > 0 || i < LEAST)
}

/** Wilson's 95% interval. */
function interval(hits, n) {
  if (!n) return [0, 1]
  const z = 1.959964
  const [p, d] = [hits / n, 1 + z ** 2 / n]
  const half = (z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2))) / d
  const middle = (p + z ** 2 / (2 * n)) / d
  return [middle - half, middle + half]
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, 130)}`)
  else say(text)
}

const percent = (x) => `${(100 * x).toFixed(1)} %`
const noticed = ({ status }) => status === 'Killed' || status === 'Timeout'

const { mutants, contents } = await instrumented()
const drawn = AREAS.flatMap((area) => {
  const all = mutants.filter((m) => m.area === area)
  if (options.at !== undefined) return all.filter((m) => options.at.split(',').includes(m.place))
  if (options.sample === undefined) return all
  const order = new Map(all.map((m) => [m, sha(options.seed, m.key)]))
  return all.toSorted((a, b) => (order.get(a) < order.get(b) ? -1 : 1)).slice(0, Number(options.sample))
}).sort((a, b) => (a.place < b.place ? -1 : 1))
say(`${mutants.length} mutants in ${only.join(', ')}; ${drawn.length} drawn.`)
if (options.list) {
  for (const m of drawn) console.log(`${m.place} ${m.mutatorName} → ${m.replacement.replace(/\s+/g, ' ').slice(0, 80)}`)
  process.exit(0)
}

fs.mkdirSync(CACHE, { recursive: true })
const contentsFile = path.join(CACHE, `contents-${process.pid}.json`)
fs.writeFileSync(contentsFile, JSON.stringify(contents))
const vitest = worker(contentsFile)
const tidy = () => {
  vitest.stop()
  fs.rmSync(contentsFile, { force: true })
  fs.rmSync(path.join(CACHE, `covering-${process.pid}`), { recursive: true, force: true })
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    tidy()
    process.exit(130)
  })

const results = []
try {
  const covers = await coverage(contents, mutants, vitest)
  for (const [i, mutant] of drawn.entries()) {
    const tests = chosen(mutant, covers.get(mutant.id))
    const seconds = tests.reduce((sum, t) => sum + t.seconds + START, 0)
    const question = { kind: 'mutant', id: mutant.id, file: mutant.fileName, tests: tests.map((t) => t.test) }
    const answer = tests.length ? await vitest.ask(question, 30 + 5 * seconds) : { status: 'NoCoverage' }
    const { place, mutatorName, replacement, area } = mutant
    results.push({ place, mutatorName, replacement, area, ...answer, tests: tests.length, covering: covers.get(mutant.id).length })
    const score = results.filter(noticed).length / results.length
    progress(`${i + 1} of ${drawn.length}, ${percent(score)}: ${place} ${mutatorName} ${answer.status}`)
    fs.writeFileSync(options.out, JSON.stringify(results, null, 1))
  }
} finally {
  tidy()
}
say('')
for (const area of AREAS) {
  const of = results.filter((r) => r.area === area)
  if (!of.length) continue
  const hits = of.filter(noticed).length
  const [low, high] = interval(hits, of.length)
  const kinds = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map((s) => `${of.filter((r) => r.status === s).length} ${s}`).join(', ')
  console.log(`${area}: ${percent(hits / of.length)} (${percent(low)} to ${percent(high)}) of ${of.length}: ${kinds}`)
}
for (const r of results.filter((r) => !noticed(r)))
  console.log(
    `${r.place} ${r.mutatorName} ${r.status} (${r.tests} of ${r.covering} test files) → ${r.replacement.replace(/\s+/g, ' ').slice(0, 90)}`,
  )
