/** The engine as the application sees it: the client of its process. */
export type { EngineClient, MakeJob, RunningJob } from './client.ts'
