#!/usr/bin/env node
import { runCommandLine } from './command-line.js'

// Whoever waits for this process reads its command line: the name that people type, not the file behind it.
process.argv[1] = 'sitedrive'

process.exitCode = await runCommandLine(process.argv.slice(2), process.env)
// A DHT that does not answer would keep the process for seconds after all is done.
setTimeout(() => process.exit(), 200).unref()
