// Preloaded by a program: tells at its end which native libraries were loaded.
const { writeFileSync } = require('node:fs')
process.on('exit', () => writeFileSync(process.env.LOADED_LIBRARIES, JSON.stringify(process.report.getReport().sharedObjects)))
