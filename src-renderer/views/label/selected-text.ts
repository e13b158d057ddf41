/** The text selected inside an element, as offsets; null if the selection is elsewhere or extends beyond it. */
export function selectedText(element: HTMLElement): { start: number; end: number } | null {
  const selected = window.getSelection()
  if (!selected?.rangeCount || !element.contains(selected.anchorNode) || !element.contains(selected.focusNode)) return null
  const whole = selected.getRangeAt(0)
  const before = document.createRange()
  before.setStart(element, 0)
  before.setEnd(whole.startContainer, whole.startOffset)
  const start = before.toString().length
  return { start, end: start + whole.toString().length }
}
