import type { Handlers } from '#shared/contract/rpc.ts'
import type { App, Client } from '../app.ts'
import { agreementHandlers } from './agreement.ts'
import { aidHandlers } from './aids.ts'
import { annotationHandlers } from './annotations.ts'
import { appHandlers } from './app.ts'
import { curationHandlers } from './curation.ts'
import { exchangeHandlers } from './exchange.ts'
import { mediaHandlers } from './media.ts'
import { projectHandlers } from './projects.ts'
import { reviewHandlers } from './review.ts'
import { roomHandlers } from './rooms.ts'
import { trackHandlers } from './tracks.ts'

/** The part of the contract that a file answers. */
export type HandlersOf<M> = Pick<Handlers<Client>, keyof M & keyof Handlers<Client>>

export const makeHandlers = (app: App): Handlers<Client> => ({
  ...appHandlers(app),
  ...projectHandlers(app),
  ...mediaHandlers(app),
  ...annotationHandlers(app),
  ...aidHandlers(),
  ...exchangeHandlers(),
  ...curationHandlers(app),
  ...agreementHandlers(),
  ...reviewHandlers(),
  ...roomHandlers(app),
  ...trackHandlers(),
})
