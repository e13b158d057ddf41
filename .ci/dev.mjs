// `npm run dev -- [options of serve]`: the browser version with hot reload. Changes in src-renderer are swapped into the open page.
// Changes in src-main or src-shared rebuild and restart the server on the same port, and the page reconnects by itself.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { resolveConfig } from 'electron-vite'
import { build, createServer, mergeConfig } from 'vite'
import { at, root, say } from './once.mjs'

let origin = ''
let child = null

/** Resolves with a one-time address. */
function start() {
  const port = origin ? ['--port', new URL(origin).port] : []
  child = spawn(process.execPath, [at('out', 'main', 'cli.js'), 'serve', '--json', ...process.argv.slice(2), ...port], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const own = child
  own.once('exit', (code) => child === own && process.exit(code ?? 1))
  return new Promise((resolve) => {
    let text = ''
    own.stdout.on('data', (chunk) => {
      text += chunk
      if (!text.trimEnd().endsWith('}')) return
      const url = new URL(JSON.parse(text).url)
      ;({ origin } = url)
      resolve(url)
    })
  })
}
async function stop() {
  const own = child
  child = null
  own.kill()
  if (own.exitCode === null && own.signalCode === null) await new Promise((resolve) => own.once('exit', resolve))
}

/** Sessions by one-time address: Vite may reload a page while it is still discovering dependencies. */
const sessions = new Map()
async function sessionOf(url) {
  if (!sessions.has(url.search)) sessions.set(url.search, /<meta name="dashi-session"[^>]*>/.exec(await (await fetch(url)).text())?.[0])
  return sessions.get(url.search)
}

/** The page at a one-time address: the session comes from the server, everything else from Vite. */
const page = {
  name: 'dashi:page',
  configureServer(vite) {
    vite.middlewares.use(async (request, response, next) => {
      const url = new URL(request.url, origin)
      if (url.pathname !== '/' || !url.searchParams.has('token')) return next()
      try {
        const session = await sessionOf(url)
        const html = await vite.transformIndexHtml('/', await readFile(at('src-renderer', 'index.html'), 'utf8'))
        response.writeHead(session ? 200 : 401, { 'Content-Type': session ? 'text/html' : 'text/plain', 'Cache-Control': 'no-store' })
        response.end(session ? html.replace('<head>', `<head>${session}`) : 'This address is not of this start.')
      } catch (e) {
        next(e)
      }
    })
  },
}

process.chdir(root)
const first = await start()
/** The server only accepts requests addressed to its own host name. */
const target = { target: origin, changeOrigin: true, rewriteWsOrigin: true, headers: { origin } }
const vite = await createServer({
  configFile: at('src-renderer', 'vite.config.ts'),
  plugins: [page],
  server: { host: '127.0.0.1', proxy: { '^/media/': target, '^/session(\\?|$)': target, '^/rpc(\\?|$)': { ...target, ws: true } } },
})
await vite.listen()
const { port } = vite.httpServer.address()
const shown = (url) => say(`Open http://127.0.0.1:${port}/${url.search}`)
shown(first)

const { config } = await resolveConfig({ logLevel: 'warn' }, 'build', 'production')
const watcher = await build(mergeConfig(config.main, { build: { watch: {}, emptyOutDir: false } }))
let begun = false
watcher.on('event', async (event) => {
  if (event.code === 'BUNDLE_END') await event.result.close()
  if (event.code === 'ERROR') say(String(event.error.message))
  if (event.code !== 'END') return
  if (begun) {
    await stop()
    shown(await start())
  }
  begun = true
})
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await stop()
    process.exit(0)
  })
