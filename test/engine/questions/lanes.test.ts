/** Questions go to threads; what a thread does wrong, the others and the caller do not suffer from. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Question } from '#shared/model/question.ts'
import { type Patience, Lanes } from '../../../src-main/engine/lanes.ts'

/** Long, but for one kind of question. */
const patience: Patience = {
  facts: 600,
  report: 600,
  tokens: 600,
  classify: 0.1,
  detect: 600,
  segment: 600,
  mask: 600,
  masks: 600,
  encode: 600,
  embed: 600,
  'embed-classes': 600,
  'embed-image': 600,
  similarity: 600,
  devices: 600,
  outline: 600,
}

let opened: Lanes[] = []
afterEach(() => {
  for (const lanes of opened) lanes.close()
  opened = []
})

/** Lanes whose threads are this program: `question` and `guard` come in, `answer` sends; `n` counts the thread's questions. */
function lanesOf(program: string): Lanes {
  const lanes = new Lanes(
    new URL(
      `data:text/javascript,${encodeURIComponent(`
        import { parentPort } from 'node:worker_threads'
        const answer = (answer) => parentPort.postMessage({ type: 'answer', answer })
        const embedding = (...x) => answer(Float32Array.from(x))
        let n = 0
        parentPort.on('message', ({ question, guard }) => {
          const flag = new Int32Array(guard)
          n++
          parentPort.postMessage({ type: 'begun' })
          ${program}
        })`)}`,
    ),
    patience,
  )
  opened.push(lanes)
  return lanes
}
const embed = (model: string): Extract<Question, { kind: 'embed' }> => ({ kind: 'embed', model, text: '' })
const classify = (model: string): Extract<Question, { kind: 'classify' }> => ({ kind: 'classify', model, file: 'a.png', classes: [] })
const first = async (lanes: Lanes, model: string) => (await lanes.ask(embed(model)))[0]

describe('a model that hangs its thread', () => {
  test('keeps no other model from answering', async () => {
    const lanes = lanesOf(`if (question.model === 'hostile') while (true); embedding(n)`)
    let over = false
    const hung = lanes.ask(embed('hostile')).finally(() => (over = true))
    hung.catch(() => undefined)
    for (let i = 1; i <= 20; i++) expect(await first(lanes, 'good')).toBe(i)
    expect(over).toBe(false)
    lanes.close()
    await expect(hung).rejects.toMatchObject({ fault: 'cancelled' })
  })

  test('is given up with all that waits for it when the lanes are closed, even what has only just been asked', async () => {
    const lanes = lanesOf(`while (true);`)
    const asked = [lanes.ask(embed('hostile')), lanes.ask(embed('hostile'))]
    lanes.close()
    for (const one of asked) await expect(one).rejects.toMatchObject({ fault: 'cancelled' })
  })

  test('is answered for with one line, and the next question gets a new thread', async () => {
    const lanes = lanesOf(`if (question.kind === 'classify') while (true); embedding(n)`)
    expect(await first(lanes, 'hostile')).toBe(1)
    const [hung, next] = [lanes.ask(classify('hostile')), first(lanes, 'hostile')]
    await expect(hung).rejects.toMatchObject({
      fault: 'data',
      message: 'hostile: the model gave no answer within 0.1 seconds, so it was abandoned',
    })
    expect(await next).toBe(1)
    expect(await first(lanes, 'hostile')).toBe(2)
  })

  test('is waited for while onnxruntime runs, which must not be ended', async () => {
    const channel = new BroadcastChannel('lanes-test')
    const told = new Promise((resolve) => (channel.onmessage = resolve))
    const lanes = lanesOf(`
      if (question.kind === 'classify') {
        Atomics.store(flag, 0, 1)
        setTimeout(() => { Atomics.store(flag, 0, 0); new BroadcastChannel('lanes-test').postMessage('ran'); answer([]) }, 1000)
      } else embedding(n)`)
    await expect(lanes.ask(classify('slow'))).rejects.toThrow('no answer')
    expect(await first(lanes, 'slow')).toBe(1) // by a new thread
    await told // the old one came to its end
    channel.close()
  })
})

test('a thread that runs out of memory gives one line, and the process continues', async () => {
  const lanes = lanesOf(
    `if (question.model === 'greedy') { const all = []; while (true) all.push(new Array(1e6).fill(n + 0.5)) } embedding(n)`,
  )
  await expect(lanes.ask(embed('greedy'))).rejects.toMatchObject({
    fault: 'data',
    message: expect.stringMatching(/^greedy: needs more than \d+ MB of memory/),
  })
  expect(await first(lanes, 'good')).toBe(1)
}, 240_000)

test('one thread a model: a tokenizer does not wait for the weights, and headers have a thread for all', async () => {
  const lanes = lanesOf(`
    if (question.kind === 'tokens') answer({ limit: n, counts: [] })
    else if (question.kind === 'facts') answer({ parameters: n, bytes: 0, mergeKey: '', can: [] })
    else embedding(n)`)
  expect(await first(lanes, 'a')).toBe(1)
  expect(await first(lanes, 'a')).toBe(2)
  expect(await first(lanes, 'b')).toBe(1)
  expect(await lanes.ask({ kind: 'tokens', model: 'a', texts: [] })).toEqual({ limit: 1, counts: [] })
  for (const [i, model] of ['a', 'b'].entries()) expect((await lanes.ask({ kind: 'facts', model }))!.parameters).toBe(i + 1)
})

test('few models stay open: that which was asked longest ago is opened anew', async () => {
  const lanes = lanesOf('embedding(n)')
  for (const model of ['a', 'b', 'c', 'd']) expect(await first(lanes, model)).toBe(1)
  expect(await first(lanes, 'a')).toBe(2)
  await first(lanes, 'e')
  expect(await first(lanes, 'a')).toBe(3)
  expect(await first(lanes, 'b')).toBe(1)
})

test('an answer of the wrong form, and a thread that dies, are errors of the program', async () => {
  const lanes = lanesOf(
    `if (question.model === 'wrong') answer('much'); else if (question.model === 'dies') process.exit(3); else throw new Error('broken')`,
  )
  await expect(lanes.ask(embed('wrong'))).rejects.toThrow(/Float32Array/)
  await expect(lanes.ask(embed('dies'))).rejects.toThrow(/ended with code 3/)
  await expect(lanes.ask(embed('throws'))).rejects.toThrow(/broken/)
})
