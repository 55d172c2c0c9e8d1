#!/usr/bin/env node
// A file that is there before the package is built: package managers link commands when they install.
import { readFileSync } from 'node:fs'
import module from 'node:module'

const words = process.argv.slice(2)
if (words.length === 1 && ['--version', '-V'].includes(words[0])) {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  process.stdout.write(`${JSON.parse(manifest).version}\n`)
} else {
  // Node 22 and newer keep what they compiled, in the system's temporary folder: the next command starts sooner.
  module.enableCompileCache?.()
  await import('../bundle/sitedrive-main.js')
}
