/** Public interface of engine/runtime: the list of devices. onnxruntime is loaded only when a session is created. */
export { deviceRecords } from './device-records.ts'
export { runtimeVersion } from './version.ts'
export { Pauses } from './pauses.ts'
export { goneFolder } from '../data/gone.ts'
