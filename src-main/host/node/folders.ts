/** Each system's usual folders, without Electron. */
import { homedir } from 'node:os'
import { join } from 'node:path'

const { env, platform } = process

const roots = () => {
  const home = homedir()
  if (platform === 'win32') {
    const local = env.LOCALAPPDATA ?? join(home, 'AppData', 'Local')
    return { config: env.APPDATA ?? join(home, 'AppData', 'Roaming'), cache: join(local, 'Cache'), data: local }
  }
  if (platform === 'darwin')
    return { config: join(home, 'Library', 'Application Support'), cache: join(home, 'Library', 'Caches'), data: join(home, 'Documents') }
  return {
    config: env.XDG_CONFIG_HOME ?? join(home, '.config'),
    cache: env.XDG_CACHE_HOME ?? join(home, '.cache'),
    data: env.XDG_DATA_HOME ?? join(home, '.local', 'share'),
  }
}

/** `DASHI_HOME` puts everything into one folder. */
export function defaultFolders() {
  const own = env.DASHI_HOME
  if (own)
    return { configFolder: join(own, 'config'), cacheFolder: env.DASHI_CACHE ?? join(own, 'cache'), dataFolder: join(own, 'projects') }
  const { config, cache, data } = roots()
  return { configFolder: join(config, 'dashi'), cacheFolder: env.DASHI_CACHE ?? join(cache, 'dashi'), dataFolder: join(data, 'dashi') }
}
