/** Passes pointer, wheel and Space events to the editor as plain data. Returns a function that removes the listeners. */
import type { CanvasEditor } from '../editor.ts'
import { isTextField } from '../keyboard.ts'
import type { PointerInput } from '../types.ts'
import { Touches } from './touch.ts'

export function listen(element: HTMLElement, editor: CanvasEditor): () => void {
  const ending = new AbortController()
  const { signal } = ending
  const touches = new Touches(editor)
  let corner = element.getBoundingClientRect()

  const input = (e: PointerEvent): PointerInput => ({
    x: e.clientX - corner.left,
    y: e.clientY - corner.top,
    time: e.timeStamp,
    button: e.button,
    buttons: e.buttons,
    shift: e.shiftKey,
    alt: e.altKey,
    ctrl: e.ctrlKey || e.metaKey,
  })
  const measure = () => (corner = element.getBoundingClientRect())

  element.addEventListener('pointerenter', measure, { signal })
  element.addEventListener(
    'pointerdown',
    (e) => {
      measure()
      element.focus({ preventScroll: true })
      element.setPointerCapture(e.pointerId)
      if (e.button === 1) e.preventDefault() // no autoscroll
      if (e.pointerType === 'touch') touches.down(e.pointerId, input(e))
      else editor.pointerDown(input(e))
    },
    { signal },
  )
  element.addEventListener(
    'pointermove',
    (e) => {
      // A stroke needs every position, not just one per frame.
      const all = e.buttons & 1 ? e.getCoalescedEvents() : []
      const tell = (m: PointerEvent) => (e.pointerType === 'touch' ? touches.move(e.pointerId, input(m)) : editor.pointerMove(input(m)))
      editor.batch(() => (all.length ? all : [e]).forEach(tell))
    },
    { signal },
  )
  element.addEventListener(
    'pointerup',
    (e) => (e.pointerType === 'touch' ? touches.up(e.pointerId, input(e)) : editor.pointerUp(input(e))),
    { signal },
  )
  element.addEventListener('pointercancel', (e) => (e.pointerType === 'touch' ? touches.cancel() : editor.execute('cancel')), { signal })
  element.addEventListener('pointerleave', () => editor.pointerLeave(), { signal })
  element.addEventListener('contextmenu', (e) => e.preventDefault(), { signal })
  element.addEventListener(
    'wheel',
    (e) => {
      e.preventDefault()
      measure()
      // Lines and pages, for mice that report them.
      const unit = e.deltaMode === 1 ? 16 : e.deltaMode === 2 ? element.clientHeight : 1
      editor.wheel({
        x: e.clientX - corner.left,
        y: e.clientY - corner.top,
        deltaX: e.deltaX * unit,
        deltaY: e.deltaY * unit,
        ctrl: e.ctrlKey || e.metaKey,
        shift: e.shiftKey,
      })
    },
    { signal, passive: false },
  )

  window.addEventListener(
    'keydown',
    (e) => {
      if (e.key !== ' ' || isTextField(e.target) || !(document.activeElement === element || element.matches(':hover'))) return
      e.preventDefault()
      editor.holdPan(true)
    },
    { signal },
  )
  window.addEventListener(
    'keyup',
    (e) => {
      if (e.key === ' ') editor.holdPan(false)
    },
    { signal },
  )
  window.addEventListener('blur', () => editor.holdPan(false), { signal })
  return () => ending.abort()
}
