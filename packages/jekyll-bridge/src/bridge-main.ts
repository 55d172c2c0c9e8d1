#!/usr/bin/env node
import { takeEnvironment } from '@sitedrive/core/start'
import { runProcess } from '@sitedrive/terminal'
import { jekyllBridge } from './bridge-program.js'

// The secret is for what this program does by itself, not for whatever a library starts.
await runProcess(jekyllBridge, takeEnvironment())
