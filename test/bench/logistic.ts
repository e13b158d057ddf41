/** The linear probe's solver beside scikit-learn's, where DASHI_PYTHON names a Python that has it (logistic.py). */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { Rng } from '../../src-main/engine/data/rng.ts'
import { type LogisticProblem, logisticPath } from '../../src-main/engine/recipes/logistic.ts'
import { programRoot } from '../../src-main/program.ts'

const STRENGTHS = [0.01, 1, 100]
/** From rough to the recipe's own. */
const TOLERANCES = [1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6, 3e-8]

const theirs = z.object({ set: z.string(), c: z.number(), seconds: z.number(), objective: z.number() })

/**
 * For each set and C: seconds (best of three, where that takes little) of the roughest tolerance whose objective is not worse than scikit-learn's, seconds at the
 * recipe's own tolerance, scikit-learn's seconds, and by how much its objective is above ours (as a share), ours being exact.
 */
export async function logisticBench(): Promise<Record<string, number>> {
  const folder = fs.mkdtempSync(join(tmpdir(), 'dashi-logistic-'))
  try {
    const sets = new Map<string, LogisticProblem>([
      ['digits', scaled(digits())],
      ['synthetic', synthetic(10_000, 512, 100)],
    ])
    for (const [name, { features, labels }] of sets) {
      fs.writeFileSync(join(folder, `${name}.x`), features)
      fs.writeFileSync(join(folder, `${name}.y`), labels)
    }
    const found = process.env['DASHI_PYTHON'] ? scikitLearn(process.env['DASHI_PYTHON'], folder) : []
    if (found.length) sets.set('wine', read(folder, 'wine'))
    const figures: Record<string, number> = {}
    for (const [name, problem] of sets)
      for (const c of STRENGTHS) {
        const key = `${name}_c${c}`
        const exact = await solve(problem, c, TOLERANCES.at(-1)!)
        figures[`${key}_seconds`] = exact.seconds
        const other = found.find((f) => f.set === name && f.c === c)
        if (!other) continue
        figures[`${key}_sklearn_seconds`] = other.seconds
        figures[`${key}_sklearn_above`] = other.objective / exact.objective - 1
        for (const tolerance of TOLERANCES) {
          const rough = await solve(problem, c, tolerance)
          if (rough.objective > other.objective) continue
          figures[`${key}_seconds_as_good`] = rough.seconds
          figures[`${key}_ratio`] = rough.seconds / other.seconds
          break
        }
      }
    return figures
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

async function solve(problem: LogisticProblem, c: number, tolerance: number): Promise<{ seconds: number; objective: number }> {
  let [seconds, objective] = [Infinity, Infinity]
  for (let i = 0; i < 3 && !(seconds > 2 && i); i++) {
    const start = performance.now()
    for await (const fit of logisticPath(problem, [c], { tolerance })) objective = fit.objective / (c * problem.labels.length)
    seconds = Math.min(seconds, (performance.now() - start) / 1000)
  }
  return { seconds, objective }
}

const scikitLearn = (python: string, folder: string) =>
  execFileSync(python, [join(programRoot, 'test', 'bench', 'logistic.py'), folder, STRENGTHS.join()], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => theirs.parse(JSON.parse(line)))

function read(folder: string, name: string): LogisticProblem {
  const bytes = (suffix: string) => new Uint8Array(fs.readFileSync(join(folder, `${name}.${suffix}`))).buffer
  const labels = new Int32Array(bytes('y'))
  return { features: new Float32Array(bytes('x')), labels, classes: labels.reduce((a, b) => Math.max(a, b)) + 1 }
}

/** Handwritten digits, 8 × 8 pixels (digits.py). */
function digits(): LogisticProblem {
  const text = gunzipSync(fs.readFileSync(join(programRoot, 'test', 'bench', 'digits.json.gz'))).toString()
  const { labels, pixels } = z.object({ labels: z.string(), pixels: z.string() }).parse(JSON.parse(text))
  return { features: Float32Array.from(Buffer.from(pixels, 'base64')), labels: Int32Array.from(labels, Number), classes: 10 }
}

/** Features less their mean, in units of their standard deviation, one of each for all, as in the recipe. */
function scaled({ features, labels, classes }: LogisticProblem): LogisticProblem {
  const mean = features.reduce((sum, v) => sum + v, 0) / features.length
  const deviation = Math.sqrt(features.reduce((sum, v) => sum + (v - mean) ** 2, 0) / features.length)
  return { features: features.map((v) => (v - mean) / deviation), labels, classes }
}

/** Unit-length features about class means, as image embeddings are. */
function synthetic(n: number, d: number, classes: number): LogisticProblem {
  const rng = Rng.of(5)
  const means = Float32Array.from({ length: classes * d }, () => rng.normal())
  const labels = Int32Array.from({ length: n }, (_, i) => i % classes)
  const features = new Float32Array(n * d)
  for (let i = 0; i < n; i++) {
    let squares = 0
    for (let j = 0; j < d; j++) squares += (features[i * d + j] = means[labels[i]! * d + j]! + 3 * rng.normal()) ** 2
    for (let j = 0; j < d; j++) features[i * d + j]! /= Math.sqrt(squares)
  }
  return scaled({ features, labels, classes })
}
