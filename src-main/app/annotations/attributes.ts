/** Checks values against the label's attributes. Names that are not attributes of the label are unrestricted. */
import { userError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { attributeProblem, attributesOf, ownValue, type AttributeDefinition } from '#shared/model/attribute.ts'
import type { Label } from '#shared/model/label.ts'
import type { Attributes } from '#shared/model/region.ts'
import type { Database } from '../../db/database.ts'
import { labels } from '../../db/labels.ts'

/** For the edits of one transaction: labels are loaded once, on first use. */
export class AttributeRules {
  private labels: Map<number, Label> | null = null
  private readonly known = new Map<number, AttributeDefinition[]>()

  constructor(private readonly db: Database) {}

  of(labelId: number | null): AttributeDefinition[] {
    if (labelId === null) return []
    let rules = this.known.get(labelId)
    if (!rules) {
      this.labels ??= new Map(labels(this.db).map((l) => [l.id, l]))
      this.known.set(labelId, (rules = attributesOf(labelId, this.labels)))
    }
    return rules
  }

  /**
   * Throws on the first invalid value. Pass only values that change: rules may have changed since the others were
   * set.
   */
  check(labelId: number | null, given: Attributes): void {
    if (Object.keys(given).length === 0) return
    for (const rule of this.of(labelId)) {
      const value = ownValue(given, rule.name)
      const problem = value === undefined ? null : attributeProblem(rule, value)
      if (problem)
        throw userError(sentence('attribute.not', { name: rule.name, problem: inField('', problem), found: JSON.stringify(value) }))
    }
  }
}

/** Those of `after` that differ from `before`. */
export const changedAttributes = (before: Attributes, after: Attributes): Attributes =>
  Object.fromEntries(Object.entries(after).filter(([name, value]) => ownValue(before, name) !== value))
