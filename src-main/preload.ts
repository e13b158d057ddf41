/** Hands the page its message port, and the places of files that are dropped on it; no logic, and nothing else of the desktop. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'

contextBridge.exposeInMainWorld('dashi', {
  requestPort: () => ipcRenderer.send('dashi:connect'),
  pathOf: (file: File) => webUtils.getPathForFile(file),
})
ipcRenderer.on('dashi:port', (event) => window.postMessage('dashi:port', window.origin, event.ports))
