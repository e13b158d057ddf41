/** The native menu (other items take their names from actions), and windows whose page has crashed. */
export const menu = {
  menu: {
    menus: { file: '&File', recent: 'Open Recent', edit: '&Edit', view: '&View', window: '&Window', help: '&Help' },
    roles: {
      services: 'Services',
      hide: 'Hide Dashi',
      hideOthers: 'Hide Others',
      unhide: 'Show All',
      quit: 'Quit',
      close: 'Close Window',
      undo: 'Undo',
      redo: 'Redo',
      cut: 'Cut',
      copy: 'Copy',
      paste: 'Paste',
      selectAll: 'Select All',
      togglefullscreen: 'Full Screen',
      toggleDevTools: 'Developer Tools',
      minimize: 'Minimize',
      zoom: 'Zoom',
      front: 'Bring All to Front',
    },
    faults: {
      gone: 'This window stopped unexpectedly. Saved work is kept, and running jobs continue.',
      failed: 'This window could not be loaded.',
      reload: 'Reload',
      close: 'Close the window',
    },
  },
}
