#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/start'
import { runProcess } from '@sitedrive/terminal'
import { sitedrive } from './sitedrive-program.js'

// Only this program needs the secret: a browser, or another process that a library starts, must not get it.
// guard: secret: the browser never sees it
await runProcess(sitedrive, takeEnvironment())
