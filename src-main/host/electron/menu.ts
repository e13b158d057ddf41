/** The native menu: what it names is done by the page, so that menu, palette and keys are one. */
import type { MenuItemConstructorOptions } from 'electron'

/** Actions of the application by the names that the page knows; accelerators are shown only, the page listens to the keys. */
export function menuTemplate(platform: NodeJS.Platform, act: (action: string) => void, recent: readonly { name: string; folder: string }[], open: (folder: string) => void): MenuItemConstructorOptions[] {
  const item = (label: string, action: string, accelerator?: string): MenuItemConstructorOptions => ({ label, accelerator, registerAccelerator: false, click: () => act(action) })
  const line: MenuItemConstructorOptions = { type: 'separator' }
  const mac = platform === 'darwin'
  return [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    {
      label: '&File',
      submenu: [
        item('Open a Folder …', 'open-folder'),
        { label: 'Open Recent', enabled: recent.length > 0, submenu: recent.map(({ name, folder }) => ({ label: name, sublabel: folder, click: () => open(folder) })) },
        item('Open the Sample Project', 'open-sample'),
        line,
        item('Add Images of a Folder …', 'add-folder'), item('Import …', 'import'), item('Export …', 'export'), item('Snapshots …', 'snapshots'),
        line,
        item('Settings', 'settings', 'CmdOrCtrl+,'), item('Close the Project', 'close-project'),
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        item('Undo', 'undo', 'CmdOrCtrl+Z'), item('Redo', 'redo', 'CmdOrCtrl+Shift+Z'), line,
        // Roles, so that they work in text fields; on the canvas the page's own keys come first.
        { role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        item('Command Palette …', 'command-palette', 'CmdOrCtrl+K'), line,
        ...['Data', 'Label', 'Train', 'Compare', 'Merge'].map((room, i) => item(room, `go-${room.toLowerCase()}`, `Alt+${i + 1}`)),
        line, item('Fit the Image', 'zoom-fit', 'CmdOrCtrl+F'), { role: 'togglefullscreen' }, { role: 'toggleDevTools' },
      ],
    },
    { role: 'windowMenu' },
    { label: '&Help', role: 'help', submenu: [item('Keyboard Shortcuts', 'help', 'F1')] },
  ]
}
