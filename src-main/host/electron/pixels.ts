/**
 * Cancels pixel requests that a window no longer wants. Electron never aborts a request's signal, but destroys the
 * response body once there is one. So a thumbnail or tile that has to wait is answered with a pending body whose
 * cancellation we can observe.
 */
type Respond = (path: string, signal: AbortSignal) => Promise<Response>

/** How long, in ms, to wait for a quick answer with its own status and content type. */
const moment = 50

/** Pictures that a page requests and abandons by the hundred. A later failure shows as a broken image, whatever the status. */
const passing = /\/(small|large|tile\/\d+\/\d+\/\d+)$/

export async function whileWanted(respond: Respond, path: string, signal: AbortSignal): Promise<Response> {
  if (!passing.test(path)) return respond(path, signal)
  const left = new AbortController()
  const answer = respond(path, AbortSignal.any([signal, left.signal]))
  answer.catch(() => undefined) // handled below if anybody still listens
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
  return new Response(body, { headers: { 'Content-Type': 'image/webp' } }) // Chromium detects the actual type
}

async function readerOf(answer: Response): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  if (!answer.ok || !answer.body) throw new Error(await answer.text())
  return answer.body.getReader()
}
