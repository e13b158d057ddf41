/** Public interface of engine/foreign: detectors and segmenters in ONNX files that the user brings. */
export { Foreign, foreignManifest, isForeign } from './foreign.ts'
