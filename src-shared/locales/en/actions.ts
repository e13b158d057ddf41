/**
 * Actions that also appear in the native menu; the names of all others are in their records
 * (src-renderer/…/*.actions.ts).
 */
export const actions = {
  actions: {
    about: 'About Dashi',
    'open-folder': 'Open a folder …',
    'open-sample': 'Open the sample project',
    'add-folder': 'Add images from a folder …',
    import: 'Import annotations …',
    export: 'Export …',
    snapshots: 'Snapshots …',
    settings: 'Settings',
    'close-project': 'Close the project',
    undo: 'Undo',
    redo: 'Redo',
    'command-palette': 'Command palette',
    back: 'Back',
    forward: 'Forward',
    'go-data': 'Go to Data',
    'go-label': 'Go to Label',
    'go-train': 'Go to Train',
    'go-compare': 'Go to Compare',
    'go-merge': 'Go to Merge',
    'zoom-fit': 'Fit the image',
    guide: 'Guide',
    help: 'Keyboard shortcuts',
  },
}
