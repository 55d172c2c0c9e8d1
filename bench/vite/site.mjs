// examples/vite-site in folders of its own, with the plugin and without.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../../examples/vite-site', import.meta.url))
export const vite = path.join(source, 'node_modules/vite/bin/vite.js')

export const work = mkdtempSync(path.join(os.tmpdir(), 'sitedrive-bench-vite-'))
export const home = path.join(work, 'home')
process.on('exit', () => rmSync(work, { recursive: true, force: true, maxRetries: 3 }))

/** @returns the folder */
export function makeSite(name, { withPlugin }) {
  const dir = path.join(work, name)
  const skip = ['node_modules', 'dist', 'sitedrive.json'].map((entry) => path.join(source, entry))
  cpSync(source, dir, { recursive: true, filter: (file) => !skip.includes(file) })
  // Not the folder itself: what Vite keeps in it is each site's own.
  mkdirSync(path.join(dir, 'node_modules'))
  for (const name of readdirSync(path.join(source, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(path.join(source, 'node_modules', name), path.join(dir, 'node_modules', name))
  }
  if (!withPlugin) {
    const config = path.join(dir, 'vite.config.ts')
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace(/^import sitedrive .*\n/m, '').replace(', sitedrive()', ''))
  }
  return dir
}
