/**
 * Dropout (Srivastava et al. 2014, §4) of what enters the matrices of an adapter, as in peft/tuners/lora/layer.py: while
 * training, an element is 0 with probability `rate`, and the others are multiplied by 1 / (1 − rate). Masks are inputs of the
 * graph, so that a run that goes on draws what it would have drawn.
 */
import { Rng } from '../data/rng.ts'
import { sizeOf, type Value } from '../graph/graph.ts'
import { cast, mul } from '../ops/index.ts'
import { type Tensor, tensor } from '../runtime/session.ts'

/** A stream of random numbers of its own. */
const STREAM = 0xd407

export class Dropout {
  /** The linear layers and what enters them, [rows · n, …], in the order of the graph. */
  places: { readonly module: string; readonly shape: readonly number[] }[] = []

  /** @param rate in [0, 1), rounded to a multiple of 2⁻¹⁶ */
  constructor(
    private readonly rate: number,
    private readonly seed: number,
  ) {}

  /** What the elements that are left are to be multiplied by. */
  get gain(): number {
    return 1 / (1 - this.rate)
  }

  /** Of a new graph. @returns whether anything is dropped */
  begin(): boolean {
    this.places = []
    return this.rate > 0
  }

  /** `x` with zeros in place of what is dropped. */
  of(module: string, x: Value): Value {
    const k = this.places.push({ module, shape: x.shape }) - 1
    return mul(x, cast(x.graph.input(inputOf(k), 'bool', x.shape), 'float32'))
  }

  /** Values of the inputs: of each row a function of seed, step and the row's number, however a batch is divided. */
  feeds(step: number, rowsOf: (module: string) => readonly number[]): Record<string, Tensor> {
    const least = Math.round(this.rate * 2 ** 16)
    return Object.fromEntries(
      this.places.map(({ module, shape }, k) => {
        const rows = rowsOf(module)
        const n = sizeOf(shape) / rows.length
        const kept = new Uint8Array(sizeOf(shape))
        rows.forEach((row, slot) => draw(kept.subarray(slot * n, (slot + 1) * n), Rng.of(this.seed, STREAM, step, row, k), least))
        return [inputOf(k), tensor(kept, 'bool', shape)]
      }),
    )
  }
}

const inputOf = (place: number) => `drop:${place}`

/** Two elements for each 32 random bits: masks have as many as the activations. */
function draw(kept: Uint8Array, rng: Rng, least: number): void {
  for (let i = 0; i < kept.length; i += 2) {
    const bits = rng.bits()
    kept[i] = Number(bits >>> 16 >= least)
    kept[i + 1] = Number((bits & 0xffff) >= least) // beyond the end it is ignored
  }
}
