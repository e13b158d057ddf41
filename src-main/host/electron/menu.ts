/** The native menu. The page carries out its actions, so that menu, palette and shortcuts agree. */
import type { MenuItemConstructorOptions } from 'electron'
import { wordsIn, type LocaleWords } from '#shared/locales/index.ts'

type Item = MenuItemConstructorOptions

export interface MenuOptions {
  platform: NodeJS.Platform
  /** A locale id. */
  language: string
  /** Triggers one of the page's actions by name. */
  act: (action: string) => void
  recent: readonly { name: string; folder: string }[]
  open: (folder: string) => void
  /** Include developer tools. */
  developing?: boolean
}

/** The context menu of text fields. */
export const textMenuTemplate = (language: string): Item[] =>
  (['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll'] as const).flatMap((name) => [
    { role: name, label: wordsIn(language).menu.roles[name] },
    ...(name === 'redo' ? [{ type: 'separator' } as const] : []),
  ])

/**
 * Accelerators are only displayed; the page handles the keys. On macOS this is not possible, so undo and redo are
 * roles there and apply to the text field being edited.
 */
export function menuTemplate({ platform, language, act, recent, open, developing = false }: MenuOptions): Item[] {
  const { menu: words, actions } = wordsIn(language)
  const item = (action: keyof LocaleWords['actions'], accelerator?: string): Item => ({
    id: action,
    label: actions[action],
    accelerator,
    registerAccelerator: false,
    click: () => act(action),
  })
  /** Standard system roles; outside macOS their built-in labels are always English. */
  const role = (name: keyof typeof words.roles): Item => ({ role: name, label: words.roles[name] })
  const line: Item = { type: 'separator' }
  const mac = platform === 'darwin'
  const rooms = ['go-data', 'go-label', 'go-train', 'go-compare', 'go-merge', 'go-models'] as const
  return [
    ...(mac
      ? [
          {
            label: 'Dashi',
            submenu: [item('about'), line, role('services'), line, role('hide'), role('hideOthers'), role('unhide'), line, role('quit')],
          },
        ]
      : []),
    {
      label: words.menus.file,
      submenu: [
        item('open-folder'),
        {
          label: words.menus.recent,
          enabled: recent.length > 0,
          submenu: recent.map(({ name, folder }) => ({ label: name, sublabel: folder, click: () => open(folder) })),
        },
        item('open-sample'),
        line,
        item('add-folder'),
        item('import'),
        item('export'),
        item('snapshots'),
        line,
        item('settings', 'CmdOrCtrl+,'),
        item('close-project'),
        role(mac ? 'close' : 'quit'),
      ],
    },
    {
      label: words.menus.edit,
      submenu: [
        ...(mac ? [role('undo'), role('redo')] : [item('undo', 'CmdOrCtrl+Z'), item('redo', 'CmdOrCtrl+Shift+Z')]),
        line,
        // Roles, so that they work in text fields; on the canvas the page's own keys take precedence.
        role('cut'),
        role('copy'),
        role('paste'),
        role('selectAll'),
      ],
    },
    {
      label: words.menus.view,
      submenu: [
        item('command-palette', 'CmdOrCtrl+K'),
        line,
        item('back', mac ? 'Cmd+[' : 'Alt+Left'),
        item('forward', mac ? 'Cmd+]' : 'Alt+Right'),
        line,
        ...rooms.map((room, i) => item(room, `Alt+${i + 1}`)),
        line,
        item('zoom-fit', 'CmdOrCtrl+F'),
        role('togglefullscreen'),
        ...(developing ? [role('toggleDevTools')] : []),
      ],
    },
    {
      label: words.menus.window,
      role: 'windowMenu',
      submenu: [role('minimize'), role('zoom'), ...(mac ? [line, role('front')] : [role('close')])],
    },
    { label: words.menus.help, role: 'help', submenu: [item('guide', 'F1'), item('help'), ...(mac ? [] : [line, item('about')])] },
  ]
}
