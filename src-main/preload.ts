/** Hands the page its message port; no logic, and nothing else of the desktop. */
import { contextBridge, ipcRenderer } from 'electron'

contextBridge.exposeInMainWorld('dashi', { requestPort: () => ipcRenderer.send('dashi:connect') })
ipcRenderer.on('dashi:port', (event) => window.postMessage('dashi:port', window.origin, event.ports))
