#!/usr/bin/env node
// A file that is there before the package is built: package managers link commands when they install.
import module from 'node:module'

// Node 22 and newer keep what they compiled, in the system's temporary folder: the next command starts sooner.
module.enableCompileCache?.()
await import('../bundle/sitedrive-main.js')
