/** Reports, once per attribute, exported regions that lack an attribute their label requires, naming the first of them. */
import type { ImageRecord } from '#shared/model/record.ts'
import type { Target } from './target.ts'
import { sentence } from '#shared/sentences/table.ts'

const named = 20

export class Incomplete {
  private readonly required: ReadonlyMap<string, readonly string[]>
  private readonly first: string[] = []
  private count = 0

  constructor(private readonly target: Pick<Target, 'schema' | 'findings'>) {
    this.required = new Map(
      [...target.schema].flatMap(([label, { attributes }]) => {
        const names = attributes.filter((a) => a.required).map((a) => a.name)
        return names.length ? [[label, names] as const] : []
      }),
    )
  }

  look({ fileName, regions = [] }: ImageRecord): void {
    if (this.required.size === 0) return
    for (const { label, attributes = {}, state } of regions) {
      const missing = (label === null || state === 'proposed' ? [] : (this.required.get(label) ?? [])).filter(
        (n) => !Object.hasOwn(attributes, n),
      )
      if (missing.length === 0) continue
      this.count++
      if (this.first.length < named) this.first.push(`${fileName} (${label}: ${missing.join(', ')})`)
    }
  }

  tell(): void {
    if (this.count === 0) return
    this.target.findings.note(sentence(this.count === 1 ? 'note.incomplete-one' : 'note.incomplete', { n: this.count }))
    for (const one of this.first) this.target.findings.note(sentence('note.incomplete-in', { what: one }))
  }
}
