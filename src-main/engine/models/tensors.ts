import type { Shape } from '../graph/graph.ts'

/** The part that a tensor belongs to: one of the towers, both (a temperature), the model's own classifier, or what makes masks. */
export type Part = 'image' | 'text' | 'joint' | 'head' | 'masks'
/** `bias`: what is added, in linear layers and in norms alike. `embedding`: learned tokens and tables of them, positions among these. */
export type Kind = 'weight' | 'bias' | 'norm' | 'embedding' | 'scalar'

export interface TensorSpec {
  readonly shape: readonly number[]
  readonly part: Part
  readonly kind: Kind
  /**
   * Stored in a `torch.nn.MultiheadAttention`, which reads its weights directly, so that a PEFT adapter of its
   * submodules has no effect.
   */
  readonly packed?: true
  /** The gain or the bias of a norm. */
  readonly ofNorm?: true
}

/** The tensors of a model by name, in the family's order. */
export class TensorList extends Map<string, TensorSpec> {
  /** Adders for tensors of one part of the model. */
  in(part: Part) {
    const add = (kind: Kind) => (name: string, shape: readonly number[]) => void this.set(name, { shape, part, kind })
    const [weight, bias] = [add('weight'), add('bias')]
    const norm = (name: string, d: number) => {
      this.set(`${name}.weight`, { shape: [d], part, kind: 'norm', ofNorm: true })
      this.set(`${name}.bias`, { shape: [d], part, kind: 'bias', ofNorm: true })
    }
    return {
      weight,
      embedding: add('embedding'),
      scalar: (name: string) => add('scalar')(name, []),
      /** `NAME.weight` [out, into] and `NAME.bias` [out]. */
      affine: (name: string, out: number, into: number, { biased = true } = {}) => {
        weight(`${name}.weight`, [out, into])
        if (biased) bias(`${name}.bias`, [out])
      },
      norm,
      bias,
      /** `NAME.weight` [out, into, size, size] and `NAME.bias` [out]. */
      conv: (name: string, out: number, into: number, size: number) => {
        weight(`${name}.weight`, [out, into, size, size])
        bias(`${name}.bias`, [out])
      },
      /** A convolution `NAME.c` without a bias, and the batch normalisation `NAME.bn` after it. */
      normalised: (name: string, out: number, into: number, size: number) => {
        weight(`${name}.c.weight`, [out, into, size, size])
        norm(`${name}.bn`, out)
        for (const statistic of ['running_mean', 'running_var']) bias(`${name}.bn.${statistic}`, [out])
      },
      /** The tensors of a `torch.nn.MultiheadAttention` of width `d`. */
      packedAttention: (name: string, d: number) => {
        const pack = (tensor: string, shape: readonly number[], kind: Kind) =>
          this.set(`${name}.${tensor}`, { shape, part, kind, packed: true })
        pack('in_proj_weight', [3 * d, d], 'weight')
        pack('in_proj_bias', [3 * d], 'bias')
        pack('out_proj.weight', [d, d], 'weight')
        pack('out_proj.bias', [d], 'bias')
      },
    }
  }

  /** Adds all tensors of another list, their names after `prefix`. */
  take(prefix: string, list: TensorList): void {
    for (const [name, spec] of list) this.set(prefix + name, spec)
  }

  shapes(): Map<string, readonly number[]> {
    return new Map([...this].map(([name, { shape }]) => [name, shape]))
  }

  /** Whether a tensor belongs to one of the given parts. */
  isOf(name: string, ...parts: readonly Part[]): boolean {
    const part = this.get(name)?.part
    return part !== undefined && parts.includes(part)
  }

  /**
   * Weight decay skips norms, biases, scalars and embeddings, as in open_clip's train/main.py. A tensor that is not
   * the model's own, such as a new head's, decays if it is a matrix.
   */
  decays = (name: string, shape: Shape): boolean => shape.length >= 2 && (this.get(name)?.kind ?? 'weight') === 'weight'
}
