/** Serves the built renderer: path resolution and headers, shared by the server and Electron's protocol. */
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { Readable } from 'node:stream'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/**
 * Scripts come only from our own files. Inline styles are allowed because the component library (Naive UI, css-render)
 * writes <style> elements when components are first used. Images may be blobs and data URLs, which the canvas creates.
 * `connect` is the address calls go to.
 */
export const contentSecurityPolicy = (connect = "'self'") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "font-src 'self'",
    "worker-src 'self' blob:",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; ')

export const securityHeaders = (connect?: string): Record<string, string> => ({
  'Content-Security-Policy': contentSecurityPolicy(connect),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=(), usb=()',
})

const notFound = () => new Response('Not found', { status: 404, headers: { 'Content-Type': 'text/plain' } })

/** Serves a file of a folder by URL path; nothing outside the folder, even through links. */
export async function serveFile(folder: string, path: string): Promise<Response> {
  let name: string
  try {
    name = decodeURIComponent(path)
  } catch {
    return notFound()
  }
  if (name.includes('\0') || name.includes('\\') || name.split('/').includes('..')) return notFound()
  try {
    const root = await realpath(folder)
    const file = await realpath(join(root, name === '/' ? 'index.html' : name))
    const info = await stat(file)
    const type = types[extname(file)]
    if (!file.startsWith(root + sep) || !info.isFile() || !type) return notFound()
    // Built files have a content hash in their names.
    const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    const body = Readable.toWeb(createReadStream(file)) as ReadableStream
    return new Response(body, { headers: { 'Content-Type': type, 'Content-Length': String(info.size), 'Cache-Control': cache } })
  } catch {
    return notFound()
  }
}
