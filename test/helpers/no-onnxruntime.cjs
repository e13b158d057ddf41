// As on a system that onnxruntime has no library for: requiring it fails, in every thread.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- preloaded by node --require, which takes no module
const Module = require('node:module')
const load = Module._load
Module._load = function (name, ...rest) {
  if (name === 'onnxruntime-node') throw new Error("Cannot find module '../bin/napi-v6/darwin/x64/onnxruntime_binding.node'")
  return load.call(this, name, ...rest)
}
