// The examples in folders of their own, with the plugin and without.
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const WRITTEN = ['node_modules', 'dist', '_site', 'sitedrive.json']
const CONFIGS = ['vite.config.ts', 'eleventy.config.js']

/** @param source the folder of the example @param dir where the copy will be */
export function copyExample(source, dir, { withPlugin }) {
  const skip = WRITTEN.map((entry) => path.join(source, entry))
  cpSync(source, dir, { recursive: true, filter: (file) => !skip.includes(file) })
  // Not the folder itself: what Vite keeps in it is each site's own.
  mkdirSync(path.join(dir, 'node_modules'))
  for (const name of readdirSync(path.join(source, 'node_modules'))) {
    if (!name.startsWith('.'))
      symlinkSync(path.join(source, 'node_modules', name), path.join(dir, 'node_modules', name))
  }
  if (!withPlugin) takeOutPlugin(dir)
}

function takeOutPlugin(dir) {
  const config = path.join(
    dir,
    CONFIGS.find((name) => readdirSync(dir).includes(name))
  )
  const text = readFileSync(config, 'utf8')
  writeFileSync(
    config,
    text
      .replace(/^import sitedrive .*\n/m, '')
      .replace(', sitedrive()', '')
      .replace(/^.*addPlugin\(sitedrive\)\n/m, '')
  )
}
