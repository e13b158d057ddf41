/** Public interface of the engine: the client of its process. */
export type { EngineClient, MakeJob, RunningJob } from './client.ts'
