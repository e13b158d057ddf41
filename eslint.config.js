import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'
import { layers, zonesRule } from './.ci/zones.mjs'

/** What a part of the program may not import of packages and of Node. Which folder may import which stands in .ci/zones.mjs. */
const packages = (files, forbidden, why) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message: why }] }] },
})

/** Statements begin like this and no sentence does. */
const sql = String.raw`/^\s*(SELECT|INSERT (INTO|OR)|UPDATE \w+ SET|DELETE FROM|REPLACE INTO|WITH \w+|(CREATE|DROP|ALTER) (TABLE|INDEX|VIEW|TRIGGER)|PRAGMA|ATTACH|VACUUM|BEGIN|COMMIT)\b/`
const inDb = 'SQL lies in src-main/db, in a function named after what it answers.'

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
  {
    files: ['src-*/**'],
    plugins: { house: { rules: { zones: zonesRule } } },
    rules: { 'house/zones': ['error', layers] },
  },
  {
    files: ['src-main/**'],
    ignores: ['src-main/db/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: `Literal[value=${sql}]`, message: inDb },
        { selector: `TemplateElement[value.raw=${sql}]`, message: inDb },
        {
          selector: 'CallExpression[callee.object.name="db"][callee.property.name=/^(all|get|value|run|exec|iterate|prepare)$/]',
          message: inDb,
        },
        {
          selector: 'CallExpression[callee.object.property.name="db"][callee.property.name=/^(all|get|value|run|exec|iterate|prepare)$/]',
          message: inDb,
        },
      ],
    },
  },
  packages(
    ['src-shared/**'],
    '^(node:|electron|vue|onnxruntime|sharp|libsql)',
    'src-shared runs anywhere: no Node, no window, no native code.',
  ),
  packages(['src-main/files/**'], '^electron|^libsql|^vue|^onnxruntime|^sharp', 'files speaks to the disk alone.'),
  packages(['src-main/engine/**'], '^electron|^libsql|^vue|^onnxruntime', 'only engine/runtime speaks to onnxruntime.'),
  packages(['src-main/engine/runtime/**'], '^electron|^libsql|^vue', 'the engine has neither a database nor a window.'),
  packages(['src-main/db/**'], '^electron|^vue|^onnxruntime|^sharp', 'db speaks to libsql alone.'),
  packages(
    ['src-main/app/**'],
    '^electron|^vue|^onnxruntime|^libsql',
    'app knows hosts by host/ports, databases by db and sessions by the engine.',
  ),
  packages(['src-main/host/**'], '^vue|^onnxruntime|^libsql', 'a host knows nothing of the application.'),
  packages(['src-renderer/**'], '^(node:|electron$)', 'the renderer runs in a browser.'),
  packages(
    ['src-renderer/canvas/**'],
    '^(node:|electron$)|^(naive-ui|pinia|vue-i18n)$|^fabric',
    'the canvas knows nothing of the window, and only canvas/fabric imports fabric.',
  ),
  packages(['src-renderer/canvas/fabric/**'], '^(node:|electron$)|^(naive-ui|pinia|vue-i18n)$', 'the canvas knows nothing of the window.'),
  packages(['src-renderer/stores/**'], '^(node:|electron$)|^naive-ui$', 'stores do not know who shows them.'),
)
