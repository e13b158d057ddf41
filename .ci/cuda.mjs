// `npm run cuda`: the CUDA libraries of onnxruntime, which come from outside the registry and only where they are asked for.
import { spawnSync } from 'node:child_process'
import { npm } from './npm.mjs'

const [command, args] = npm(['rebuild', 'onnxruntime-node'])
process.exit(spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' } }).status ?? 1)
