// Preloaded by a program: tells at its end which native libraries were loaded.
// Such a file is CommonJS: --require takes no other.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { writeFileSync } = require('node:fs')
process.on('exit', () => writeFileSync(process.env.LOADED_LIBRARIES, JSON.stringify(process.report.getReport().sharedObjects)))
