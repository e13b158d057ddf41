export * from './info.ts'
export * from './media.ts'
export { createProject, defaultUser, openProject, type OpenProjectOptions, type Project } from './project.ts'
export {
  agreeToLinks,
  listRoots,
  mediaFile,
  moveRoot,
  openMedia,
  placedElsewhere,
  placesOf,
  relocateMedia,
  storedFolder,
} from './places.ts'
export * from './records.ts'
export { readResult, resultsFolder, writeResult } from './results.ts'
export { rescueCopy } from './rescue.ts'
export * from './runs.ts'
export { collectSoups, releaseSoup } from './unentered.ts'
export * from './snapshots.ts'
export * from './stored-records.ts'
export { checkProject, type CheckOptions } from './check.ts'
