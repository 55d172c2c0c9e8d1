#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/start'
import { runProcess } from '@sitedrive/terminal'
import { jekyllBridge } from './bridge-program.js'

// Only this program needs the secret: a process that a library starts must not get it.
await runProcess(jekyllBridge, takeEnvironment())
