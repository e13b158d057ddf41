import type { SentenceCode } from '#shared/sentences/table.ts'
import { annotationJa } from './annotations.ts'
import { commandJa } from './commands.ts'
import { curationJa } from './curation.ts'
import { engineJa } from './engine.ts'
import { exchangeJa } from './exchange.ts'
import { fileJa } from './files.ts'
import { findingJa } from './findings.ts'
import { generalJa } from './general.ts'
import { hubJa } from './hub.ts'
import { labJa } from './lab.ts'
import { mediaJa } from './media.ts'
import { previewJa } from './preview.ts'
import { projectJa } from './projects.ts'
import { readingJa } from './reading.ts'
import { schemaJa } from './schema.ts'
import { servingJa } from './serving.ts'
import { slurmJa } from './slurm.ts'
import { storageJa } from './storage.ts'
import { sweepJa } from './sweeps.ts'
import { trainingJa } from './training.ts'

/** What errors say, in Japanese: the codes are those of src-shared/sentences. */
export const sentencesJa: Readonly<Record<SentenceCode, string>> = {
  ...generalJa,
  ...annotationJa,
  ...commandJa,
  ...curationJa,
  ...engineJa,
  ...exchangeJa,
  ...fileJa,
  ...findingJa,
  ...hubJa,
  ...labJa,
  ...mediaJa,
  ...previewJa,
  ...projectJa,
  ...readingJa,
  ...schemaJa,
  ...servingJa,
  ...slurmJa,
  ...storageJa,
  ...sweepJa,
  ...trainingJa,
}
