import { availableParallelism } from 'node:os'
import path from 'node:path'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as Onnxruntime from 'onnxruntime-node'
import { dataError, errorLine, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { ANY, shapeFor } from '../graph/any-batch.ts'
import type { DType, TypedArray } from '../graph/dtypes.ts'
import { encodeModel, storedWeights } from '../graph/encode.ts'
import { externalFiles, type Graph, sizeOf, type TensorType } from '../graph/graph.ts'
import { deviceRecord, devicesIn } from './device-records.ts'
import { keepIdle, sessionKey, takeIdle } from './idle-sessions.ts'
import { keepsArena, storedBytes, workingBytes } from './memory.ts'

export type Tensor = Onnxruntime.Tensor
/** A device's id: onnxruntime's name of its execution provider (devices/). */
export type Provider = string

const installed = createRequire(import.meta.url)
let loaded: typeof Onnxruntime | undefined

/**
 * Loaded on first use: it has no binding for some systems (Intel Macs), where everything that needs no model must
 * still work.
 */
function onnxruntime(): typeof Onnxruntime {
  try {
    return (loaded ??= installed('onnxruntime-node') as typeof Onnxruntime)
  } catch (e) {
    throw userError(sentence('model.no-runtime', { system: `${process.platform}-${process.arch}`, reason: errorLine(e) }), e)
  }
}

export interface SessionOptions {
  readonly provider?: Provider
  /** Outputs to leave on the device, if it {@link keepsTensors}. */
  readonly keepOnDevice?: readonly string[]
  readonly threads?: number
  /** The largest batch that a graph of any batch size will get, for planning memory. */
  readonly batch?: number
  readonly profile?: string
}

/**
 * An onnxruntime session of a graph; the only module that calls onnxruntime. A released session is kept for the next
 * identical graph (idle-sessions.ts).
 */
export class Session {
  private released = false

  private constructor(
    private readonly session: Onnxruntime.InferenceSession,
    private readonly key: string | undefined,
    private readonly bytes: number,
    /** Weights that are fed to every run in their stored type. */
    private readonly stored: Readonly<Record<string, Tensor>>,
    readonly inputs: ReadonlyMap<string, TensorType>,
    readonly outputs: ReadonlyMap<string, TensorType>,
    readonly provider: Provider,
  ) {}

  static async create(graph: Graph, options: SessionOptions = {}): Promise<Session> {
    const provider = options.provider ?? 'cpu'
    const location =
      options.keepOnDevice?.length && keepsTensors(provider)
        ? { preferredOutputLocation: Object.fromEntries(options.keepOnDevice.map((name) => [name, 'gpu-buffer' as const])) }
        : {}
    const model = encodeModel(graph)
    const stored = Object.fromEntries(
      storedWeights(graph).flatMap((v) => (v.source.kind === 'constant' ? [[v.name, tensor(v.source.data, v.dtype, v.shape)]] : [])),
    )
    // The key does not cover fed weights.
    const hasKey = !options.profile && !Object.keys(stored).length
    const arena = keepsArena(graph, options.batch)
    const threads = options.threads ?? threadCount()
    const settings = [provider, threads, options.keepOnDevice, arena, process.env['DASHI_SPIN']]
    const key = hasKey ? sessionKey(graph, model, settings) : undefined
    const build = () =>
      onnxruntime().InferenceSession.create(model, {
        executionProviders: provider === 'cpu' ? ['cpu'] : [provider, 'cpu'],
        graphOptimizationLevel: 'all',
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        logSeverityLevel: 3,
        // Electron's allocator kills the process on a request for an aligned block of a gigabyte, which the arena
        // would make.
        ...(arena ? {} : { enableCpuMemArena: false, enableMemPattern: false }),
        ...(options.profile ? { enableProfiling: true, profileFilePrefix: options.profile } : {}),
        ...location,
        extra: { session: sessionConfig(graph) },
      })
    const session = (key === undefined ? undefined : takeIdle(key)) ?? (await guarded(build))
    const used = new Set(session.inputNames)
    // Keeps only the types, so that the graph and its weights can be freed.
    const typeOf = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape })
    const inputs = new Map(graph.inputs.filter((v) => used.has(v.name)).map((v) => [v.name, typeOf(v)]))
    const outputs = new Map(graph.outputs.map(({ name, value }) => [name, typeOf(value)]))
    return new Session(session, key, workingBytes(graph, options.batch) + storedBytes(graph), stored, inputs, outputs, provider)
  }

  /** Runs once. Feeds that the graph does not use are ignored; `into` supplies preallocated outputs in CPU memory. */
  async run(feeds: Readonly<Record<string, Tensor>>, into?: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const given = this.check(feeds)
    if (!into) return (await guarded(() => this.session.run(given))) as Record<string, Tensor>
    const fetches = Object.fromEntries([...this.outputs.keys()].map((name) => [name, into[name] ?? null]))
    return (await guarded(() => this.session.run(given, fetches))) as Record<string, Tensor>
  }

  /** Computes one output and only what it depends on. */
  async runFor(output: string, feeds: Readonly<Record<string, Tensor>>): Promise<Tensor> {
    return (await guarded(() => this.session.run(this.check(feeds), [output])))[output] as Tensor
  }

  private check(feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    if (this.released) throw new Error('the session was released')
    const given: Record<string, Tensor> = { ...this.stored }
    for (const [name, type] of this.inputs) {
      const feed = feeds[name]
      if (!feed) throw new Error(`session input ${name} is missing`)
      if (!fits(feed.dims, type.shape)) throw new Error(`session input ${name}: [${feed.dims}] given, [${type.shape}] expected`)
      given[name] = feed
    }
    return given
  }

  endProfiling(): void {
    this.session.endProfiling()
  }

  /** Releases the session, which must not be used afterwards. */
  async release(): Promise<void> {
    if (this.released) return
    this.released = true
    const gone = this.key ? keepIdle(this.key, this.session, this.bytes) : [this.session]
    for (const session of gone) await guarded(() => session.release())
  }
}

/** Whether a feed has as many elements as the shape, with ANY replaced by the feed's own batch size. */
function fits(dims: readonly number[], shape: readonly number[]): boolean {
  const anyBatch = shape[0] === ANY
  return sizeOf(dims) === sizeOf(anyBatch ? shapeFor(shape, dims[0] ?? 0) : shape)
}

/**
 * Number of onnxruntime calls in progress in this thread; negative if the thread is being terminated and must start
 * none.
 */
let atWork: Int32Array | undefined

/** Shares that number with the thread's owner: terminating during a call would make onnxruntime abort the process. */
export const guardRuns = (flag: Int32Array): void => void (atWork = flag)

async function guarded<T>(call: () => Promise<T>): Promise<T> {
  const flag = atWork
  if (!flag) return call()
  for (let now = Atomics.load(flag, 0); ; now = Atomics.load(flag, 0)) {
    if (now < 0) throw new Error('the thread is being terminated')
    if (Atomics.compareExchange(flag, 0, now, now + 1) === now) break
  }
  try {
    return await call()
  } finally {
    Atomics.sub(flag, 0, 1)
  }
}

/**
 * onnxruntime looks up mapped weights by base name in one folder: the real one, after resolving links (a Hugging Face
 * cache links to blobs in a common folder).
 */
function sessionConfig(graph: Graph): Record<string, string> {
  const folders = new Set(externalFiles(graph).map((file) => path.dirname(realpathSync(file))))
  if (folders.size > 1) throw new Error(`mapped weights are in several folders: ${[...folders].join(', ')}`)
  const [folder] = folders
  return {
    ...(folder ? { model_external_initializers_file_folder_path: folder } : {}),
    'intra_op.allow_spinning': process.env['DASHI_SPIN'] ?? '1',
  }
}

/** An ONNX file of another program, with one input or more. */
export interface OnnxFile {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Feeds the first input. @throws a data fault if the model does not take it */
  run(input: Tensor): Promise<Readonly<Record<string, Tensor>>>
  release(): Promise<void>
}

/** Opens an ONNX file, to be run on the CPU. @throws a data fault if onnxruntime cannot */
export async function openOnnxFile(file: string): Promise<OnnxFile> {
  const options = { executionProviders: ['cpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3 } as const
  const session = await guarded(() => onnxruntime().InferenceSession.create(file, options)).catch((e: unknown) => {
    throw dataError(file, sentence('foreign.unreadable', { reason: errorLine(e) }), e)
  })
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(input) {
      const found = await guarded(() => session.run({ [session.inputNames[0]!]: input })).catch((e: unknown) => {
        throw dataError(file, sentence('foreign.refused', { shape: `[${input.dims.join(', ')}]`, reason: errorLine(e) }), e)
      })
      return found as Record<string, Tensor>
    },
    release: () => guarded(() => session.release()),
  }
}

/** Threads of a session that asks for no number: as the settings say (process.ts), otherwise one a core. */
export const threadCount = (): number => Number(process.env['DASHI_THREADS']) || availableParallelism()

/** Whether outputs can stay in the device's memory. */
export const keepsTensors = (provider: Provider): boolean => deviceRecord(provider).keepsTensors ?? false

/** Wraps an array as a tensor without copying. */
export function tensor(data: TypedArray, dtype: DType, shape: readonly number[]): Tensor {
  return new (onnxruntime().Tensor)(dtype as Exclude<DType, 'bfloat16'>, data as never, [...shape])
}

export const scalarOf = (t: Tensor): number => Number((t.data as Float32Array)[0])

/** The devices that can be tried on this machine, in order of preference. */
export function bundledProviders(): Provider[] {
  const bundled = onnxruntime()
    .listSupportedBackends()
    .filter((b) => b.bundled)
  return devicesIn({
    providers: new Set(bundled.map((b) => b.name)),
    folder: path.join(path.dirname(installed.resolve('onnxruntime-node')), `../bin/napi-v6/${process.platform}/${process.arch}`),
  })
}
