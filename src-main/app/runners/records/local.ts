import { defineRunner } from '../runner.ts'

/** This machine's engine. */
export default defineRunner({
  id: 'local',
  order: 1,
  missing: () => null,
  start: ({ engine }) => engine,
})
