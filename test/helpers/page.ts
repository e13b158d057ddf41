/** Imported first: lets modules of the window load without a window, as a desktop page that never connects. Nothing is drawn. */
const nothing = () => undefined
const never = () => new Promise(nothing)
const store = new Map<string, string>()
const storage = {
  getItem: (key: string) => store.get(key) ?? null,
  setItem: (key: string, value: string) => void store.set(key, value),
  removeItem: (key: string) => void store.delete(key),
}
const page = {
  dashi: { requestPort: nothing },
  addEventListener: nothing,
  removeEventListener: nothing,
  matchMedia: () => ({ matches: false, addEventListener: nothing }),
}
const globals: Record<string, unknown> = {
  window: page,
  location: { hash: '', host: '', hostname: '', search: '' },
  navigator: { platform: '', language: 'en', languages: ['en'], locks: { request: never } },
  indexedDB: { open: () => ({}) },
  localStorage: storage,
  sessionStorage: storage,
}
for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
export {}
