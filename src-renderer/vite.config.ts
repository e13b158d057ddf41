import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url' // eslint-disable-line no-restricted-imports -- the build's own file, not the page's
import { defineConfig } from 'vite'
import { bundled } from '../.ci/bundled.mjs'
import { guide } from '../.ci/guide.mjs'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The renderer. electron.vite.config.ts builds it with the rest, `vite build -c src-renderer/vite.config.ts` by itself. */
export default defineConfig({
  root: here('.'),
  base: './',
  plugins: [vue(), guide(), bundled('renderer')],
  server: { fs: { allow: [here('..')] } }, // the guide's pages and images
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __INTLIFY_PROD_DEVTOOLS__: 'false',
    __VUE_I18N_LEGACY_API__: 'false',
  },
  worker: { format: 'es', plugins: () => [bundled('renderer-workers')] },
  build: {
    target: 'chrome140',
    outDir: here('../out/renderer'),
    emptyOutDir: true,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 4000,
    rollupOptions: { input: here('index.html') },
  },
})
