#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/plugin'
import { runCommandLine } from './command-line.js'

/** Time for what was written to leave this process. Milliseconds. */
const LAST_WORDS_MS = 100

// Whoever waits for this process reads its command line: the name that people type, not the file behind it.
process.argv[1] = 'jekyll-bridge'

// The secret is for what this program does by itself, not for whatever a library starts.
process.exitCode = await runCommandLine(process.argv.slice(2), takeEnvironment())
// All is done. A network that does not answer would be let go of for seconds yet.
setTimeout(() => process.exit(), LAST_WORDS_MS).unref()
