export function npm(
  args: readonly string[],
  system?: { platform?: NodeJS.Platform; execPath?: string; env?: NodeJS.ProcessEnv; exists?: (file: string) => boolean },
): [command: string, args: string[]]
