/** What the application asks of the room that runs graphs: the devices there are. It speaks to onnxruntime when a session is made. */
export { deviceRecords } from './device-records.ts'
