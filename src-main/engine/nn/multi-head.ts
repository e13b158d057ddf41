import type { Value } from '../graph/graph.ts'
import { attend } from './attention.ts'

/**
 * Attention (Vaswani et al. 2017, §3.2) with `heads` heads, of queries [B, Q, D] over keys and values [B, T, D]: [B,
 * Q, D].
 */
export const multiHead = (q: Value, k: Value, v: Value, heads: number): Value => attend(q, k, v, { heads })
