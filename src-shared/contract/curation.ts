/**
 * Curation. Long operations return a job; the result is stored with the project until the next one of its kind and is
 * read by a separate method, which returns null (or an empty page) if there is none. `jobs.changed` reports when it
 * is available.
 */
import { z } from 'zod'
import * as c from '../model/curation.ts'
import { id } from '../model/media.ts'
import { method } from './method.ts'

const nothing = z.object({}).default({})
const started = z.object({ jobId: z.string() })
const page = { offset: z.number().int().nonnegative().default(0), limit: z.number().int().min(1).max(1000).default(100) }
const total = z.number().int().nonnegative()
const changed = z.object({ /** Images. */ changed: total })
const kept = <S extends z.ZodType>(summary: S) => z.object({ info: c.resultInfo, summary }).nullable()

export const curationMethods = {
  /** Existing results; null for those not computed yet. */
  'curation.status': method(
    nothing,
    z.object({
      duplicates: kept(c.duplicateSummary),
      split: kept(c.splitReport),
      captions: kept(c.captionReport),
      doubts: kept(c.doubtSummary),
      map: kept(c.mapSummary),
    }),
  ),

  /** The job (kind `duplicates`) ends with a `duplicateSummary`. */
  'curation.find-duplicates': method(c.duplicateOptions, started),
  /** Largest groups first. */
  'curation.duplicates': method(z.object(page), z.object({ total, groups: z.array(c.duplicateGroup) })),
  /** `groupIds`: only these groups. One undo step. */
  'curation.apply-duplicates': method(z.object({ action: c.duplicateAction, groupIds: z.array(id).optional() }), changed),

  /** The job (kind `split`) ends with a `splitReport`; nothing is changed yet. */
  'curation.propose-split': method(c.splitOptions, started),
  /** Applies the latest proposal as one undo step; refused if images or labels have changed since. */
  'curation.apply-split': method(nothing, changed),

  'curation.balance': method(z.object({ beta: z.number().min(0).lt(1).default(0.999) }).prefault({}), c.balanceReport),

  /** The job (kind `captions`) ends with a `captionReport`. */
  'curation.check-captions': method(c.captionOptions, started),
  'curation.caption-findings': method(
    z.object({ issue: c.captionIssue.optional(), ...page }),
    z.object({ total, findings: z.array(c.captionFinding) }),
  ),

  /** The job (kind `doubts`) ends with a `doubtSummary`. */
  'curation.find-doubts': method(c.doubtOptions, started),
  /**
   * Most doubtful first. `labelId`: given or suggested; `issuesOnly`: only labels that confident learning considers
   * wrong.
   */
  'curation.doubts': method(
    z.object({ labelId: id.optional(), issuesOnly: z.boolean().default(true), ...page }),
    z.object({ total, doubts: z.array(c.doubt) }),
  ),

  /** The job (kind `index`) ends with an `indexSummary`; an up-to-date index is kept. */
  'curation.make-index': method(z.object({ model: z.string().min(1).optional() }).default({}), started),
  'curation.similar': method(
    z.object({ query: c.similarQuery, model: z.string().min(1).optional(), limit: z.number().int().min(1).max(1000).default(50) }),
    c.similarAnswer,
  ),

  /** The job (kind `map`) ends with a `mapSummary`. */
  'curation.make-map': method(c.mapOptions, started),
  'curation.map': method(nothing, c.mapPoints.nullable()),
}
