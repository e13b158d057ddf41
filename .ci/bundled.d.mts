import type { Plugin } from 'vite'
export function bundled(name: string): Plugin
