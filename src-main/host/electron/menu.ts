/** The native menu: what it names is done by the page, so that menu, palette and keys are one. */
import type { MenuItemConstructorOptions } from 'electron'
import { wordsIn, type LocaleWords } from '#shared/locales/index.ts'

type Item = MenuItemConstructorOptions

export interface MenuOptions {
  platform: NodeJS.Platform
  /** The id of a locale. */
  language: string
  /** Asks the page for an action, by the name that it knows. */
  act: (action: string) => void
  recent: readonly { name: string; folder: string }[]
  open: (folder: string) => void
  /** With the tools of a developer. */
  developing?: boolean
}

/** What a text field offers where it is clicked with the other button. */
export const textMenuTemplate = (language: string): Item[] =>
  (['undo', 'redo', 'cut', 'copy', 'paste', 'selectAll'] as const).flatMap((name) => [
    { role: name, label: wordsIn(language).menu.roles[name] },
    ...(name === 'redo' ? [{ type: 'separator' } as const] : []),
  ])

/**
 * Accelerators are shown only, the page listens to the keys. macOS knows no such accelerators: there, what a text field does by
 * itself (undo, redo) is a role, so that its keys are the text's while one is edited.
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
  /** What the system does by itself; its own names are English except on macOS. */
  const role = (name: keyof typeof words.roles): Item => ({ role: name, label: words.roles[name] })
  const line: Item = { type: 'separator' }
  const mac = platform === 'darwin'
  const rooms = ['go-data', 'go-label', 'go-train', 'go-compare', 'go-merge'] as const
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
        // Roles, so that they work in text fields; on the canvas the page's own keys come first.
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
    { label: words.menus.help, role: 'help', submenu: [item('help', 'F1'), ...(mac ? [] : [line, item('about')])] },
  ]
}
