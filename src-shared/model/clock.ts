/** Times that people write. */

/**
 * The next such time of day after `now` (22:00, in local time; an hour that the clocks skip is the one after it), or a date
 * with a time (2030-01-31T22:00). Milliseconds since 1970; null if it is neither.
 */
export function nextTime(text: string, now: number): number | null {
  const written = text.trim()
  const [, hours, minutes] = /^(\d{1,2}):(\d{2})$/.exec(written) ?? []
  if (hours === undefined || minutes === undefined) {
    const at = /^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}/.test(written) ? Date.parse(written.replace(' ', 'T')) : NaN
    return Number.isNaN(at) ? null : at
  }
  if (Number(hours) > 23 || Number(minutes) > 59) return null
  const at = new Date(now)
  at.setHours(Number(hours), Number(minutes), 0, 0)
  if (at.getTime() <= now) at.setDate(at.getDate() + 1)
  return at.getTime()
}
