/**
 * Pixels that a window no longer wants. Electron never aborts the signal of a request: it destroys the body of the answer, once there
 * is one. So a thumbnail or tile that has to wait is answered with a body that is still to come, and whose end is heard.
 */
type Respond = (path: string, signal: AbortSignal) => Promise<Response>

/** Milliseconds in which an answer that need not wait is there, with a status and type of its own. */
const moment = 50

/** What a page shows and leaves by the hundred. What is wrong with one of them later is a broken image to the page, whatever its status. */
const passing = /\/(small|large|tile\/\d+\/\d+\/\d+)$/

export async function whileWanted(respond: Respond, path: string, signal: AbortSignal): Promise<Response> {
  if (!passing.test(path)) return respond(path, signal)
  const left = new AbortController()
  const answer = respond(path, AbortSignal.any([signal, left.signal]))
  answer.catch(() => undefined) // heard below, if anybody still listens
  const soon = await Promise.race([answer, new Promise<null>((resolve) => setTimeout(resolve, moment, null))])
  if (soon) return soon
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= await readerOf(await answer)
        const { done, value } = await reader.read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      async cancel(reason) {
        left.abort(reason)
        await reader?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers: { 'Content-Type': 'image/webp' } }) // Chromium looks which it is
}

async function readerOf(answer: Response): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  if (!answer.ok || !answer.body) throw new Error(await answer.text())
  return answer.body.getReader()
}
