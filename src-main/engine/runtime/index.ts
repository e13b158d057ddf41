/** Public interface of engine/runtime: the list of devices. onnxruntime is loaded only when a session is created. */
export { deviceRecords } from './device-records.ts'
