/** Every format in and out. */
export { detectFormat } from './detect.ts'
export { exportFrom, exportLosses, summarise, type ExportRun } from './export.ts'
export { losses } from './format.ts'
export { formats } from './formats.ts'
export { importInto, type RunOptions } from './import.ts'
export { openArchive } from './zip.ts'
