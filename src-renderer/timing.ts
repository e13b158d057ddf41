/** Runs `body` once things have been quiet for so many milliseconds. */
export function debounced<A extends unknown[]>(body: (...args: A) => void, ms: number): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return (...args) => {
    clearTimeout(timer)
    timer = setTimeout(() => body(...args), ms)
  }
}
