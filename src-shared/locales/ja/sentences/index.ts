import type { SentenceCode } from '#shared/sentences/table.ts'
import { annotationJa } from './annotations.ts'
import { commandJa } from './commands.ts'
import { curationJa } from './curation.ts'
import { engineJa } from './engine.ts'
import { exchangeJa } from './exchange.ts'
import { fileJa } from './files.ts'
import { generalJa } from './general.ts'
import { mediaJa } from './media.ts'
import { previewJa } from './preview.ts'
import { projectJa } from './projects.ts'
import { servingJa } from './serving.ts'
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
  ...mediaJa,
  ...previewJa,
  ...projectJa,
  ...servingJa,
  ...trainingJa,
}
