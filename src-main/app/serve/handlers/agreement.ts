import type { agreementMethods } from '#shared/contract/agreement.ts'
import type { AgreementQuery } from '#shared/model/agreement.ts'
import { type Agreement, compareAuthors, deciding, listAuthors, settleDisagreement } from '../../agreement/index.ts'
import { position } from '../../../db/journal.ts'
import type { Project } from '../../projects/index.ts'
import type { HandlersOf } from '../parts.ts'

/** The latest comparison of each project, kept because its pages are requested one after another. */
const last = new WeakMap<Project, { key: string; made: Promise<Agreement> }>()

function compared(project: Project, { a, b, threshold, images }: AgreementQuery): Promise<Agreement> {
  const key = JSON.stringify([a, b, threshold, images, position(project.db)])
  const known = last.get(project)
  if (known?.key === key) return known.made
  const made = compareAuthors(project, { a, b, threshold, images })
  last.set(project, { key, made })
  made.catch(() => last.get(project)?.made === made && last.delete(project))
  return made
}

export const agreementHandlers = (): HandlersOf<typeof agreementMethods> => ({
  'agreement.authors': (_, { project }) => listAuthors(project),
  'agreement.compare': async (query, { project }) => (await compared(project, query)).report,
  'agreement.disagreements': async ({ kinds, decided, offset, limit, ...query }, { project }) => {
    const all = (await compared(project, query)).disagreements.filter(
      (d) => (decided || !d.decided) && (kinds === undefined || kinds.includes(d.kind)),
    )
    return { total: all.length, disagreements: all.slice(offset, offset + limit) }
  },
  'agreement.decide': (decision, client) => {
    settleDisagreement(client.project, decision)
    client.annotated(deciding, [decision.mediaId])
    return null
  },
})
