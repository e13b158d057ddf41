/** Element types, with their ONNX codes (onnx.proto TensorProto.DataType) and the array that holds them in JavaScript. */
export type DType = 'float32' | 'float16' | 'bfloat16' | 'int32' | 'int64' | 'bool'
export type TypedArray = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array

interface DataType {
  readonly onnx: number
  readonly bytes: number
  from(xs: ArrayLike<number>): TypedArray
}

export const DataTypes: Record<DType, DataType> = {
  float32: { onnx: 1, bytes: 4, from: (xs) => Float32Array.from(xs) },
  int32: { onnx: 6, bytes: 4, from: (xs) => Int32Array.from(xs) },
  int64: { onnx: 7, bytes: 8, from: (xs) => BigInt64Array.from(Array.from(xs, (x) => BigInt(x))) },
  bool: { onnx: 9, bytes: 1, from: (xs) => Uint8Array.from(xs) },
  float16: { onnx: 10, bytes: 2, from: () => unsupported('float16') },
  bfloat16: { onnx: 16, bytes: 2, from: () => unsupported('bfloat16') },
}

function unsupported(dtype: string): never {
  throw new Error(`${dtype} values can only be read from files`)
}
