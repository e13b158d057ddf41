import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

// The layers, lowest first; a file may import from its own layer and those below it.
// `zone(files, forbidden)`: an import whose path matches one of `forbidden` climbs, and is refused.
const zone = (files, forbidden, why) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message: why }] }] },
})

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
  zone(['src-renderer/**'], '^(node:|electron$)|src-main', 'the renderer imports src-shared only.'),
)
