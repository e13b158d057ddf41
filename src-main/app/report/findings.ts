/**
 * Which patterns of the literature these figures show. A pattern "shows" if the difference has the expected sign and
 * exceeds the noise, is "reversed" if it has the opposite sign and exceeds the noise, and is otherwise "unclear".
 * Noise: McNemar's test at 5%, Holm-corrected over all comparisons of the list, if both rows' outcomes on the same
 * images are given; otherwise the 95% intervals must be disjoint, which is stricter.
 */
import { percent, points, pValue } from '#shared/format.ts'
import type { Finding, ReportLedger, ReportRow, SplitName } from '#shared/model/report.ts'
import { compareOutcomes, type Comparison, holm } from '../../engine/metrics/index.ts'
import { splitTitles } from './splits.ts'

interface Claim {
  readonly pattern: string
  readonly source: string
  readonly split: SplitName
  readonly winner: ReportRow
  readonly loser: ReportRow
}

const kumar = 'Kumar et al. 2022'
const soups = 'Wortsman et al. 2022'
const zhou = 'Zhou et al. 2022'

export function findings({ rows, ledgers = [] }: { rows: readonly ReportRow[]; ledgers?: readonly ReportLedger[] }): Finding[] {
  const claims = claimsAbout(rows, ledgers)
  const paired = claims.map(pairs)
  const tested = paired.filter((c) => c !== null)
  const corrected = holm(tested.map((c) => c.mcnemar.p))
  return [
    ...claims.map((claim, i) => {
      const comparison = paired[i]
      return judge(claim, comparison ? { comparison, p: corrected[tested.indexOf(comparison)]!, of: tested.length } : null)
    }),
    ...observations(rows, ledgers),
  ]
}

function claimsAbout(rows: readonly ReportRow[], ledgers: readonly ReportLedger[]): Claim[] {
  const [zero, lp, ft, lpft, coop] = (['zero-shot', 'lp', 'ft', 'lp-ft', 'coop'] as const).map((kind) =>
    best(rows.filter((r) => r.kind === kind)),
  )
  const single = best(ingredients(rows, ledgers))
  const uniform = rows.find((r) => r.method === 'uniform')
  const greedy = rows.find((r) => r.method === 'greedy')
  const kept = keptByGreedy(ledgers)
  const claims: Claim[] = []
  const claim = (split: SplitName, winner: ReportRow | undefined, loser: ReportRow | undefined, source: string, pattern: string) => {
    if (winner?.[split] && loser?.[split]) claims.push({ pattern, source, split, winner, loser })
  }
  const better = (split: SplitName) =>
    best(
      [lp, ft].filter((r) => r !== undefined),
      split,
    )
  claim('id', ft, lp, kumar, 'In distribution, full fine-tuning beats the linear probe')
  claim('ood', lp, ft, kumar, 'Out of distribution, the linear probe beats full fine-tuning')
  claim('id', lpft, better('id'), kumar, 'In distribution, LP-FT beats both LP and FT')
  claim('ood', lpft, better('ood'), kumar, 'Out of distribution, LP-FT beats both LP and FT')
  claim('forgotten', lpft, ft, kumar, 'LP-FT distorts the pre-trained features less than FT: it forgets less')
  claim('id', coop, zero, zhou, 'Learned prompts beat hand-written ones in distribution')
  claim('ood', coop, zero, zhou, 'The gain of learned prompts carries over to another style')
  claim('ood', uniform, single, soups, 'The uniform soup beats the best single run out of distribution')
  // A greedy soup of one ingredient equals that ingredient: nothing to compare.
  if (kept !== 1) {
    claim('id', greedy, single, soups, 'The greedy soup beats the best single run in distribution')
    claim('ood', greedy, single, soups, 'The greedy soup beats the best single run out of distribution')
  }
  return claims
}

/** The paired comparison, if both outcomes are known on the same number of images. */
function pairs({ split, winner, loser }: Claim): Comparison | null {
  const [a, b] = [winner[split]!.outcomes, loser[split]!.outcomes]
  return a && b && a.length === b.length ? compareOutcomes([...a].map(Number), [...b].map(Number)) : null
}

function judge({ pattern, source, split, winner, loser }: Claim, test: { comparison: Comparison; p: number; of: number } | null): Finding {
  const [a, b] = [winner[split]!, loser[split]!]
  const difference = a.accuracy - b.accuracy
  const apart = a.interval[0] > b.interval[1] || b.interval[0] > a.interval[1]
  const beyondNoise = test ? test.p < 0.05 : apart
  const verdict = !beyondNoise ? 'unclear' : difference > 0 ? 'shows' : 'reversed'
  const size = `${winner.name} ${percent(a.accuracy)}%, ${loser.name} ${percent(b.accuracy)}%: ${points(difference)} points`
  const how = test ? tested(test) : ` (the 95% intervals ${apart ? 'lie apart' : 'overlap'})`
  return { pattern, source, verdict, text: `${size}${how}.` }
}

const tested = ({ comparison, p, of }: { comparison: Comparison; p: number; of: number }) =>
  `, 95% interval ${comparison.interval.map(points).join(' to ')} ` + `(${method(comparison)}, ${of > 1 ? 'corrected ' : ''}${pValue(p)})`

const method = ({ mcnemar: { method, b, c }, n }: Comparison) =>
  `${method === 'exact' ? 'exact McNemar' : 'McNemar χ²'}, ${b + c} of ${n} pictures differ`

function observations(rows: readonly ReportRow[], ledgers: readonly ReportLedger[]): Finding[] {
  const notes: string[] = []
  const single = best(ingredients(rows, ledgers))
  const kept = keptByGreedy(ledgers)
  if (kept === 1)
    notes.push('The greedy soup kept a single model: no other candidate raised the held-out accuracy. It is that model, not a blend.')

  const uniform = rows.find((r) => r.method === 'uniform')
  const among = ingredients(rows, ledgers).flatMap((r) => r.id ?? [])
  if (uniform?.id && single?.id && among.length) {
    const worst = among.reduce((a, b) => (b.accuracy < a.accuracy ? b : a))
    if (uniform.id.interval[1] < worst.interval[0])
      notes.push(
        `The uniform soup collapsed: ${percent(uniform.id.accuracy)}% in distribution, ` +
          `below even its worst ingredient (${percent(worst.accuracy)}%). Its ingredients are not linearly connected.`,
      )
    else if (uniform.id.accuracy < worst.accuracy)
      notes.push(
        `In distribution the uniform soup (${percent(uniform.id.accuracy)}%) is below its worst ingredient ` +
          `(${percent(worst.accuracy)}%), but by no more than the noise.`,
      )
  }

  const zero = rows.find((r) => r.kind === 'zero-shot')?.forgotten
  const losses = zero
    ? rows.flatMap((r) =>
        r.kind !== 'zero-shot' && r.forgotten ? [{ name: r.name, by: r.forgotten.accuracy - zero.accuracy, score: r.forgotten }] : [],
      )
    : []
  if (zero && losses.length) {
    const most = losses.reduce((a, b) => (b.by < a.by ? b : a))
    const least = losses.reduce((a, b) => (b.by > a.by ? b : a))
    const beyond = most.score.interval[1] < zero.interval[0]
    notes.push(
      `${splitTitles.forgotten}, against zero-shot’s ${percent(zero.accuracy)}%: ${most.name} changed most for the worse ` +
        `(${points(most.by)} points, ${beyond ? 'larger than' : 'within'} the noise)` +
        (least === most ? '.' : `, ${least.name} most for the better or least for the worse (${points(least.by)}).`),
    )
  }
  return notes.map((text) => ({ pattern: null, source: null, verdict: 'note', text }))
}

/** The ingredients of the soups: the rows named by a ledger, or else the sweep. */
function ingredients(rows: readonly ReportRow[], ledgers: readonly ReportLedger[]): ReportRow[] {
  const named = new Set(ledgers.flatMap((l) => l.entries.map((e) => e.name)))
  const found = rows.filter((r) => r.kind !== 'soup' && named.has(r.name))
  return found.length ? found : rows.filter((r) => r.kind === 'sweep')
}

const keptByGreedy = (ledgers: readonly ReportLedger[]) => ledgers[0]?.entries.filter((e) => e.accepted).length

/** The row with the highest accuracy, by default on the held-out set: test sets must not select. */
function best(rows: readonly ReportRow[], split: SplitName = 'heldOut'): ReportRow | undefined {
  const of = (r: ReportRow) => r[split]?.accuracy ?? -1
  return rows.length ? rows.reduce((a, b) => (of(b) > of(a) ? b : a)) : undefined
}
