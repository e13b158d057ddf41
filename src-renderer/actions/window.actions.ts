/** The window itself: its panels, theme, language and dialogs. */
import { menuTitle } from '#shared/locales/index.ts'
import { pageFor } from '../guide/place.ts'
import { offeredLocales } from '../locales/index.ts'
import { canSignOut, signOut } from '../rpc/session.ts'
import { useCuration } from '../stores/curation.ts'
import { useProject } from '../stores/project.ts'
import { useReview } from '../stores/review.ts'
import { useSession } from '../stores/session.ts'
import { useShell } from '../stores/shell.ts'
import { defineActions, type Action } from './action.ts'
import { always, browsing, dialog, failing, labelling } from './when.ts'

const toggleSidebar = (which: 'data' | 'strip' | 'inspector') => () => {
  const session = useSession()
  const { sidebars } = session.settings
  session.save({ sidebars: { ...sidebars, [which]: !sidebars[which] } })
}
/** Opens the guide at the page for the current view, or closes it. */
function turnGuide(): void {
  const [shell, project] = [useShell(), useProject()]
  if (shell.dialog === 'guide') return shell.close()
  const { tool } = useCuration()
  const judging = useReview().active || tool === 'doubts' || tool === 'agreement'
  shell.guidePage = pageFor({ room: project.opened && shell.room, dialog: shell.dialog, judging })
  shell.open('guide')
}
const theme = (name: 'light' | 'dark' | 'system', title: Action['title']): Action => ({
  id: `theme-${name}`,
  group: 'window',
  title,
  available: () => useSession().settings.theme !== name,
  run: () => useSession().save({ theme: name }),
})

export default defineActions(90, [
  {
    id: 'toggle-strip',
    title: { en: 'Film strip', ja: 'フィルムストリップ' },
    keys: ['Ctrl+Shift+E'],
    group: 'window',
    available: labelling,
    run: toggleSidebar('strip'),
  },
  {
    id: 'toggle-inspector',
    title: { en: 'Inspector', ja: 'インスペクター' },
    keys: ['Ctrl+I'],
    group: 'window',
    available: labelling,
    run: toggleSidebar('inspector'),
  },
  {
    id: 'toggle-facets',
    title: { en: 'Filters', ja: '絞り込み' },
    keys: ['Ctrl+Shift+E'],
    group: 'window',
    available: browsing,
    run: toggleSidebar('data'),
  },
  {
    id: 'sign-out',
    title: { en: 'Sign out of this browser', ja: 'このブラウザからサインアウト' },
    group: 'window',
    available: canSignOut,
    run: () => failing(signOut().then(() => location.replace('/'))),
  },
  theme('light', { en: 'Light theme', ja: 'ライトテーマ' }),
  theme('dark', { en: 'Dark theme', ja: 'ダークテーマ' }),
  theme('system', { en: 'System theme', ja: 'システムのテーマ' }),
  // Each language is listed under its own name.
  ...offeredLocales.map(({ id: language, name }) => ({
    id: `language-${language}`,
    group: 'window' as const,
    title: { en: name, ja: name },
    available: () => useSession().language !== language,
    run: () => useSession().save({ language }),
  })),
  {
    id: 'command-palette',
    title: menuTitle('command-palette'),
    keys: ['Ctrl+K'],
    group: 'window',
    available: always,
    run: dialog('palette'),
  },
  {
    id: 'guide',
    title: menuTitle('guide'),
    keys: ['F1'],
    group: 'window',
    available: always,
    run: turnGuide,
  },
  {
    id: 'help',
    title: menuTitle('help'),
    keys: ['Shift+?', '?'],
    group: 'window',
    available: always,
    run: dialog('help'),
  },
  {
    id: 'settings',
    title: menuTitle('settings'),
    keys: ['Ctrl+,'],
    group: 'window',
    available: always,
    run: dialog('settings'),
  },
  {
    id: 'devices',
    title: { en: 'Devices of this machine', ja: 'このマシンのデバイス' },
    group: 'window',
    available: always,
    run: () => useShell().open('settings', 'devices'),
  },
  {
    id: 'about',
    title: menuTitle('about'),
    group: 'window',
    available: always,
    run: dialog('about'),
  },
])
