/** Of how many images a window is told by name that they changed. */
import { expect, test } from 'vitest'
import { Client } from '../../../src-main/app/serve/client.ts'

function told(many: number) {
  const events: unknown[][] = []
  const app = {
    tellProject: (...event: unknown[]) => void events.push(event),
    pool: { release: () => undefined },
  } as unknown as ConstructorParameters<typeof Client>[0]
  const client = new Client(app)
  client.open({ key: 'k' } as Parameters<Client['open']>[0])
  client.annotated(
    'set split',
    Array.from({ length: many }, (_, i) => i + 1),
  )
  const [[key, event, data]] = events as [[string, string, { mediaIds: number[]; action: string; origin: string }]]
  expect([key, event, data.action, data.origin, events.length]).toEqual(['k', 'annotations.changed', 'set split', client.id, 1])
  return data.mediaIds.length
}

test('up to 2000 images are named; beyond that everything is fetched again', () => {
  expect([told(1), told(2000), told(2001)]).toEqual([1, 2000, 0])
})
