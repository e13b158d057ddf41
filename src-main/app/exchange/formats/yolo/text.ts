/** Whether a text looks like YOLO rows: a class followed by relative coordinates. The text may be truncated. */
export function isYoloText(text: string): boolean {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((l) => l.trim())
    .filter((l) => l && !l.startsWith('#'))
  // The last line may be truncated.
  const whole = lines.length > 1 && text.length >= 4096 ? lines.slice(0, -1) : lines
  if (whole.length === 0) return false
  const good = whole.slice(0, 50).filter(isRow).length
  return good > 0 && good * 2 >= Math.min(whole.length, 50)
}

const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i

/** A class (number or name) and at least four numbers of magnitude up to 1. */
function isRow(line: string): boolean {
  const fields = line.split(/[\s,]+/)
  let at = fields.length
  while (at > 0 && number.test(fields[at - 1]!)) at--
  const numbers = fields.slice(at === 0 ? 1 : at).map(Number)
  if (numbers.length < 4) return false
  // Keypoint visibilities are 0, 1 or 2.
  const parts = numbers.filter((n) => Math.abs(n) <= 2.01).length
  return parts === numbers.length && numbers.slice(0, 4).some((n) => !Number.isInteger(n) || n === 1) && (at === 0 || at <= 4)
}
