import type { Handlers } from '#shared/contract/rpc.ts'
import type { Client } from '../client.ts'
import type { Parts } from '../parts.ts'
import { agreementHandlers } from './agreement.ts'
import { aidHandlers } from './aids.ts'
import { annotationHandlers } from './annotations.ts'
import { appHandlers } from './app.ts'
import { curationHandlers } from './curation.ts'
import { deviceHandlers } from './devices.ts'
import { evaluationHandlers } from './evaluation.ts'
import { exchangeHandlers } from './exchange.ts'
import { mediaHandlers } from './media.ts'
import { mergingHandlers } from './merging.ts'
import { projectHandlers } from './projects.ts'
import { modelHandlers } from './models.ts'
import { nextHandlers } from './next.ts'
import { previewHandlers } from './preview.ts'
import { promptHandlers } from './prompts.ts'
import { runsHandlers } from './runs.ts'
import { reviewHandlers } from './review.ts'
import { sweepHandlers } from './sweeps.ts'
import { trackHandlers } from './tracks.ts'
import { trainingHandlers } from './training.ts'

export const makeHandlers = (app: Parts): Handlers<Client> => ({
  ...appHandlers(app),
  ...projectHandlers(app),
  ...mediaHandlers(app),
  ...annotationHandlers(app),
  ...aidHandlers(),
  ...exchangeHandlers(),
  ...curationHandlers(app),
  ...agreementHandlers(),
  ...reviewHandlers(),
  ...deviceHandlers(app),
  ...trainingHandlers(app),
  ...runsHandlers(app),
  ...sweepHandlers(app),
  ...evaluationHandlers(app),
  ...nextHandlers(app),
  ...mergingHandlers(app),
  ...modelHandlers(app),
  ...previewHandlers(app),
  ...promptHandlers(app),
  ...trackHandlers(),
})
