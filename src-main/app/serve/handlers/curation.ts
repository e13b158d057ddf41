import { curationMethods } from '#shared/contract/curation.ts'
import { userError } from '#shared/errors.ts'
import type { HandlersOf } from './index.ts'

/** Until each has its handler. */
export const curationHandlers = (): HandlersOf<typeof curationMethods> =>
  Object.fromEntries(
    Object.keys(curationMethods).map((name) => [
      name,
      () => {
        throw userError(`${name}: this build cannot do it yet`)
      },
    ]),
  ) as unknown as HandlersOf<typeof curationMethods>
