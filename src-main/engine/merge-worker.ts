import { parentPort, workerData } from 'node:worker_threads'
import { answer, type HelperTask } from './merge/together.ts'

// Entry of a large merge's second thread: a separate program that loads only what merging needs.
parentPort!.postMessage(await answer(workerData as HelperTask))
