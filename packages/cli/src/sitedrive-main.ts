#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/start'
import { runProcess } from '@sitedrive/terminal'
import { sitedrive } from './sitedrive-program.js'

// Only this program needs the secret: a browser, or another process that a library starts, must not get it.
// guard: secret: the browser never sees it
// No top-level await: the file of a command may be this file's own, which could not be loaded then.
void runProcess(sitedrive, takeEnvironment())
