import { parentPort, workerData } from 'node:worker_threads'
import { answer, type HelperTask } from './merge/together.ts'

// The second thread of a large merge: a program of its own, which loads nothing but what merging needs.
parentPort!.postMessage(await answer(workerData as HelperTask))
