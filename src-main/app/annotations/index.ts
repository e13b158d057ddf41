export * from './bulk.ts'
export * from './captions.ts'
export * from './classify.ts'
export * from './copies.ts'
export * from './history.ts'
export * from './images.ts'
export * from './label-schema.ts'
export { addLabel, addLabels, removeLabel, updateLabel, type NewLabel } from './labels.ts'
export * from './proposals.ts'
export * from './relabel.ts'
export {
  acceptRegions,
  addRegion,
  addRegions,
  changeRegions,
  rejectRegions,
  removeRegions,
  setRegionState,
  updateRegion,
  updateRegions,
  type NewRegion,
  type RegionPatch,
} from './regions.ts'
export * from './tracks.ts'
