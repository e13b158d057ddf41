/** Import and export in every format. */
export { detectFormat } from './detect.ts'
export { exportFrom, exportLosses, summarise, type ExportRun } from './export.ts'
export { canExport, canImport, losses } from './format.ts'
export { formatRecord, formats, settingsOf } from './formats.ts'
export { importInto } from './import.ts'
export { openArchive } from './project-archive.ts'
export type { RunOptions } from './progress.ts'
