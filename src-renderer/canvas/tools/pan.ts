import { ToolState } from './state.ts'

/** The editor itself pans, whatever the tool; this one only never does anything else. */
export class PanIdle extends ToolState {
  readonly path = 'pan.idle'
  override get cursor() {
    return 'grab'
  }
}
