#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/plugin'
import { runCommandLine } from './command-line.js'

// Whoever waits for this process reads its command line: the name that people type, not the file behind it.
process.argv[1] = 'sitedrive'

// The secret is for what this program does by itself, not for a browser or whatever else a library starts.
process.exitCode = await runCommandLine(process.argv.slice(2), takeEnvironment())
// A DHT that does not answer would keep the process for seconds after all is done.
setTimeout(() => process.exit(), 200).unref()
