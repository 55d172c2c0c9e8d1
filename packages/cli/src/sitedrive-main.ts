#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/start'
import { runProcess } from '@sitedrive/terminal'
import { sitedrive } from './sitedrive-program.js'

// The secret is for what this program does by itself, not for a browser or whatever else a library starts.
// guard: secret: the browser never sees it
await runProcess(sitedrive, takeEnvironment())
