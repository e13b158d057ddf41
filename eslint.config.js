import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

// The layers, lowest first; a file may import from its own layer and those below it.
// `zone(files, forbidden)`: an import whose path matches one of `forbidden` climbs, and is refused.
const zone = (files, forbidden, why) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message: why }] }] },
})

/** What no file of the renderer imports; `above`: nor those folders of it. */
const page = '^(node:|electron$)|src-main'
const above = (folders) => `${page}|^\\.\\./(.*/)?(${folders})/`

export default tseslint.config(
  { ignores: ['out/**', 'dist/**', 'node_modules/**', '.cache/**'] },
  ...tseslint.configs.strict,
  // Components: their scripts as TypeScript, what their templates use counted as used.
  { files: ['**/*.vue'], languageOptions: { parser: vueParser, parserOptions: { parser: tseslint.parser, sourceType: 'module' } } },
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // typed-array and shape indexing is checked by construction
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  zone(
    ['src-shared/**'],
    '^(node:|electron|vue|onnxruntime|sharp|libsql|\\.\\./\\.\\./|.*src-(main|renderer))',
    'src-shared imports nothing outside itself.',
  ),
  zone(
    ['src-main/files/**'],
    '^electron|^libsql|^vue|^onnxruntime|^sharp|/(app|db|engine|host)/',
    'files is the lowest layer: it imports src-shared only.',
  ),
  zone(['src-main/engine/**'], '^electron|^libsql|^vue|/(app|db|host)/', 'engine depends on src-shared only.'),
  zone(
    ['src-main/engine/!(runtime)/**', 'src-main/engine/*.ts'],
    '^electron|^libsql|^vue|/(app|db|host)/|^onnxruntime',
    'only engine/runtime speaks to onnxruntime.',
  ),
  zone(['src-main/db/**'], '^electron|^vue|/(app|engine|host)/', 'db depends on src-shared only.'),
  zone(['src-main/app/**'], '^electron|^vue|^onnxruntime|/host/(electron|node)/', 'app knows hosts by host/ports only.'),
  zone(['src-main/host/**'], '^vue|^onnxruntime|/(app|db|engine)/', 'a host knows nothing of the application.'),
  zone(['src-renderer/**'], page, 'the renderer imports src-shared only.'),
  // Inside the renderer, lowest first. `*.actions.ts` files of the views are found by actions/registry.ts, not imported by it.
  zone(
    ['src-renderer/locales/**', 'src-renderer/rpc/**'],
    above('stores|routing|actions|components|views|shell|canvas'),
    'locales and rpc are lowest.',
  ),
  zone(
    ['src-renderer/canvas/**'],
    `${above('locales|rpc|stores|routing|actions|components|views|shell')}|^(naive-ui|pinia|vue-i18n)$|^fabric`,
    'the canvas knows nothing of the window, and only canvas/fabric imports fabric.',
  ),
  zone(
    ['src-renderer/canvas/fabric/**'],
    `${above('locales|rpc|stores|routing|actions|components|views|shell')}|^(naive-ui|pinia|vue-i18n)$`,
    'the canvas knows nothing of the window.',
  ),
  zone(
    ['src-renderer/stores/**'],
    `${above('actions|components|views|shell')}|/routing/(?!address)|^naive-ui$`,
    'stores know addresses, but not who shows them or acts on them.',
  ),
  zone(['src-renderer/guide/**'], above('actions|components|views|shell'), 'the guide knows which page belongs to what is shown, no more.'),
  zone(['src-renderer/routing/**'], above('actions|components|views|shell'), 'routing stands between addresses and stores.'),
  zone(['src-renderer/actions/**'], above('components|views|shell'), 'actions work on stores; nothing is drawn here.'),
  zone(['src-renderer/components/**'], above('views|shell'), 'a component serves any view.'),
  zone(['src-renderer/views/**'], above('shell'), 'views stand in the shell.'),
)
