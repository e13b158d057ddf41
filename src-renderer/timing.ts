/** Runs `body` once it has not been called for `ms` milliseconds. */
export function debounced<A extends unknown[]>(body: (...args: A) => void, ms: number): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  return (...args) => {
    clearTimeout(timer)
    timer = setTimeout(() => body(...args), ms)
  }
}
