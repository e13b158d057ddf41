// `npm run cuda`: installs onnxruntime's CUDA libraries. They are not in the registry, so they are downloaded only on request.
import { spawnSync } from 'node:child_process'
import { npm } from './npm.mjs'

const [command, args] = npm(['rebuild', 'onnxruntime-node'])
process.exit(spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' } }).status ?? 1)
