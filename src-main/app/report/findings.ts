/**
 * Which patterns of the literature these figures show. A pattern "shows" if the difference has the expected sign and
 * exceeds the noise, is "reversed" if it has the opposite sign and exceeds the noise, and is otherwise "unclear".
 * Noise: a paired test at 5%, Holm-corrected over all comparisons of the list, if both rows' outcomes on the same
 * images are given (McNemar's; over several seeds, of each image's mean, and then the seeds must agree in sign);
 * otherwise the 95% intervals must be disjoint, which is stricter.
 */
import { percent, points } from '#shared/format.ts'
import type { Finding, ReportLedger, ReportRow, ReportScore, SplitName } from '#shared/model/report.ts'
import { holm } from '../../engine/metrics/index.ts'
import { paired, type Paired, testedText } from './paired.ts'
import { shiftsOf } from './scored.ts'
import { splitTitles } from './splits.ts'

/** A set, or the sets out of distribution together. */
type Place = SplitName | 'shifts'

interface Claim {
  readonly pattern: string
  readonly source: string
  readonly winner: { readonly name: string; readonly score: ReportScore }
  readonly loser: { readonly name: string; readonly score: ReportScore }
}

const kumar = 'Kumar et al. 2022'
const soups = 'Wortsman et al. 2022'
const wise = 'Wortsman et al. 2022, WiSE-FT'
const zhou = 'Zhou et al. 2022'

export function findings({ rows, ledgers = [] }: { rows: readonly ReportRow[]; ledgers?: readonly ReportLedger[] }): Finding[] {
  const claims = claimsAbout(rows, ledgers)
  const tests = claims.map(({ winner, loser }) => paired(winner.score, loser.score))
  const known = tests.filter((t) => t !== null)
  const corrected = holm(known.map((t) => t.p))
  return [
    ...claims.map((claim, i) => {
      const test = tests[i]
      return judge(claim, test ? { test, p: corrected[known.indexOf(test)]!, of: known.length } : null)
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
  const claim = (place: Place, winner: ReportRow | undefined, loser: ReportRow | undefined, source: string, pattern: string) => {
    const [a, b] = [winner, loser].map((row) => row && scoreOn(row, place))
    if (a && b) claims.push({ pattern, source, winner: { name: winner!.name, score: a }, loser: { name: loser!.name, score: b } })
  }
  const better = (place: Place) =>
    best(
      [lp, ft].filter((r) => r !== undefined),
      place,
    )
  const middle = rows.find((r) => r.method === 'wise-ft' && r.alpha === 0.5)
  claim('id', ft, lp, kumar, 'In distribution, full fine-tuning beats the linear probe')
  claim('shifts', lp, ft, kumar, 'Out of distribution, the linear probe beats full fine-tuning')
  claim('id', lpft, better('id'), kumar, 'In distribution, LP-FT beats both LP and FT')
  claim('shifts', lpft, better('shifts'), kumar, 'Out of distribution, LP-FT beats both LP and FT')
  claim('forgotten', lpft, ft, kumar, 'LP-FT distorts the pre-trained features less than FT: it forgets less')
  claim('id', coop, zero, zhou, 'Learned prompts beat hand-written ones in distribution')
  claim('shifts', coop, zero, zhou, 'The gain of learned prompts carries over out of distribution')
  claim('shifts', middle, ft, wise, 'Out of distribution, halfway between zero-shot and fine-tuned weights beats fine-tuning')
  claim('id', middle, ft, wise, 'In distribution, halfway between zero-shot and fine-tuned weights beats fine-tuning')
  claim('shifts', uniform, single, soups, 'The uniform soup beats the best single run out of distribution')
  // A greedy soup of one ingredient equals that ingredient: nothing to compare.
  if (kept !== 1) {
    claim('id', greedy, single, soups, 'The greedy soup beats the best single run in distribution')
    claim('shifts', greedy, single, soups, 'The greedy soup beats the best single run out of distribution')
  }
  return claims
}

const scoreOn = (row: ReportRow, place: Place): ReportScore | undefined => (place === 'shifts' ? shiftsOf(row) : row[place])

function judge(
  { pattern, source, winner, loser }: Claim,
  tested: { readonly test: Paired; readonly p: number; readonly of: number } | null,
): Finding {
  const [a, b] = [winner.score, loser.score]
  const difference = a.accuracy - b.accuracy
  const apart = a.interval[0] > b.interval[1] || b.interval[0] > a.interval[1]
  const beyondNoise = tested ? tested.p < 0.05 && tested.test.agreed : apart
  const verdict = !beyondNoise ? 'unclear' : difference > 0 ? 'shows' : 'reversed'
  const size = `${winner.name} ${percent(a.accuracy)}%, ${loser.name} ${percent(b.accuracy)}%: ${points(difference)} points`
  if (!tested) return { pattern, source, verdict, text: `${size} (the 95% intervals ${apart ? 'lie apart' : 'overlap'}).` }
  const { test, p, of } = tested
  return { pattern, source, verdict, text: `${size}${testedText(test, p, of)}.${beyondNoise ? '' : undecided(test, p)}` }
}

/** What would decide it. */
function undecided({ agreed, needed }: Paired, p: number): string {
  if (p < 0.05 && !agreed) return ' The seeds disagree.'
  return needed === Infinity ? '' : ` To tell a difference of this size from chance would take some ${rounded(needed)} pictures.`
}

/** To two digits. */
const rounded = (n: number) => Number(n.toPrecision(2)).toLocaleString('en')

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
function best(rows: readonly ReportRow[], place: Place = 'heldOut'): ReportRow | undefined {
  const of = (r: ReportRow) => scoreOn(r, place)?.accuracy ?? -1
  return rows.length ? rows.reduce((a, b) => (of(b) > of(a) ? b : a)) : undefined
}
