/** This window's session: author, settings, recent projects. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { settings as settingsSchema, type RecentProject, type Settings } from '#shared/contract/app.ts'
import { chosenLocale } from '#shared/locales/index.ts'
import { askedLocale } from '../locales/index.ts'
import { call, remote } from '../rpc/index.ts'

const place = 'dashi:name'
const ownName = () => (sessionStorage.getItem(place) ?? localStorage.getItem(place) ?? '').trim().slice(0, 500)
function keepOwnName(name: string): void {
  sessionStorage.setItem(place, name)
  localStorage.setItem(place, name)
}

export const useSession = defineStore('session', () => {
  const version = ref('')
  const user = ref('')
  const instance = ref('')
  /** This connection's id, which events name as their origin. */
  const client = ref('')
  const recent = ref<RecentProject[]>([])
  const startProject = ref<string | null>(null)
  const settings = ref<Settings>(settingsSchema.parse({}))

  async function hello(): Promise<void> {
    const name = ownName()
    const said = await call('app.hello', name ? { name } : {})
    ;[version.value, user.value, recent.value, startProject.value, settings.value] = [
      said.version,
      said.user,
      said.recent,
      said.project,
      said.settings,
    ]
    instance.value = said.instance
    client.value = said.client
  }
  /** Sets the author for this window and those opened later, but not for others that are open. */
  async function rename(name: string): Promise<void> {
    keepOwnName(name)
    user.value = (await call('app.hello', { name })).user
  }
  async function refreshRecent(): Promise<void> {
    recent.value = (await call('app.hello')).recent
  }
  async function forget(folder: string): Promise<void> {
    await call('projects.forget', { folder })
    await refreshRecent()
  }
  function save(patch: Partial<Settings>): void {
    settings.value = { ...settings.value, ...patch }
    void call('settings.save', patch).catch(() => undefined) // still applied in this window
  }
  remote.on('settings.changed', (changed) => (settings.value = changed))

  const systemDark = window.matchMedia('(prefers-color-scheme: dark)')
  const dark = ref(systemDark.matches)
  systemDark.addEventListener('change', (e) => (dark.value = e.matches))
  const theme = computed(() => (settings.value.theme === 'system' ? (dark.value ? 'dark' : 'light') : settings.value.theme))
  const asked = askedLocale()
  const locale = computed(() => chosenLocale(asked ?? settings.value.language, navigator.languages))
  const language = computed(() => locale.value.id)

  return {
    version,
    user,
    instance,
    client,
    recent,
    startProject,
    settings,
    theme,
    locale,
    language,
    hello,
    rename,
    refreshRecent,
    forget,
    save,
  }
})
