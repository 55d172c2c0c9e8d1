import { createRequire } from 'node:module'
import path from 'node:path'
import type { Command } from '@sitedrive/testing'

const main = path.join(
  path.dirname(createRequire(import.meta.url).resolve('sitedrive/package.json')),
  'bin/sitedrive.js'
)

/** The `sitedrive` command of this workspace. */
export const sitedriveCommand = (...args: string[]): Command => ({
  command: process.execPath,
  args: [main, ...args]
})
