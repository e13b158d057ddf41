import { defineConfig } from 'electron-vite'
import { fileURLToPath } from 'node:url'
import { bundled } from './.ci/bundled.mjs'
import renderer from './src-renderer/vite.config.ts'

const entry = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig({
  main: {
    plugins: [bundled('main')],
    build: {
      target: 'node20.19',
      outDir: 'out/main',
      rollupOptions: {
        input: {
          cli: entry('src-main/index.cli.ts'),
          'app-process': entry('src-main/index.app.ts'),
          electron: entry('src-main/index.electron.ts'),
          'engine-process': entry('src-main/engine/process.ts'),
          'engine-worker': entry('src-main/engine/worker.ts'),
          'lane-worker': entry('src-main/engine/lane-worker.ts'),
          'merge-worker': entry('src-main/engine/merge-worker.ts'),
          'image-decoder': entry('src-main/engine/image-decoder.ts'),
          'picture-helper': entry('src-main/engine/picture-helper.ts'),
          'work-worker': entry('src-main/app/work/worker.ts'),
          'huge-images': entry('src-main/app/media/huge-images.ts'),
          'sample-bundle': entry('src-main/app/sample/write-bundle.ts'),
        },
        external: ['electron'],
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
      },
    },
  },
  preload: {
    plugins: [bundled('preload')],
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { preload: entry('src-main/preload.ts') },
        // A sandboxed preload cannot be a module.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer,
})
