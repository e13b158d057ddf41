// `npm run bench`, `npm run screens`: builds programs of test/ that use the program's own code into out/tools, and runs them.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { build } from 'vite'
import { at, once, root, sources, stampOf } from './once.mjs'

const tools = {
  bench: at('test', 'bench', 'index.ts'),
  'plan-run': at('test', 'bench', 'plan', 'run.ts'), // what the bench "plan" measures, a process a training
  'step-run': at('test', 'bench', 'step', 'run.ts'), // our side of the bench "step"
  screens: at('test', 'e2e', 'screens.ts'),
  // Spawned by both from the folder that they are in.
  'image-decoder': at('src-main', 'engine', 'image-decoder.ts'),
  'picture-helper': at('src-main', 'engine', 'picture-helper.ts'),
}
const [name, ...given] = process.argv.slice(2)
const made = Object.keys(tools).map((tool) => at('out', 'tools', `${tool}.js`))
const madeFrom = ['src-main', 'src-shared', 'test/bench', 'test/e2e', 'test/helpers'].flatMap((folder) => sources(at(folder)))
if (!(name in tools)) throw new Error(`there is no tool ${name}`)

const stamp = stampOf([...madeFrom, at('.ci', 'tool.mjs'), at('package-lock.json')])
await once('tools', stamp, made, () =>
  build({
    root,
    configFile: false,
    logLevel: 'warn',
    build: {
      ssr: true,
      target: 'node20',
      outDir: at('out', 'tools'),
      rollupOptions: {
        input: tools,
        external: ['playwright-core', 'electron', 'vite', /^vite\//, '@vitejs/plugin-vue'],
        output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  }),
)
process.exit(spawnSync(process.execPath, [at('out', 'tools', `${name}.js`), ...given], { stdio: 'inherit' }).status ?? 1)
