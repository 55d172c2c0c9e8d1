#!/usr/bin/env node
import { runCommandLine } from './command-line.js'

// Whoever waits for this process reads its command line: the name that people type, not the file behind it.
process.argv[1] = 'sitedrive'

process.exitCode = await runCommandLine(process.argv.slice(2), process.env)
