// examples/vite-site in folders of its own, with the plugin and without.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyExample } from '../example-site.mjs'

const source = fileURLToPath(new URL('../../examples/vite-site', import.meta.url))
export const vite = path.join(source, 'node_modules/vite/bin/vite.js')

export const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-vite-'))
export const home = path.join(work, 'home')
process.on('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 3 }))

/** @returns the folder */
export function makeSite(name, options) {
  const dir = path.join(work, name)
  copyExample(source, dir, options)
  return dir
}
