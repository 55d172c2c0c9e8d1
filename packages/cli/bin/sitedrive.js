#!/usr/bin/env node
// A file that is there before the package is built: package managers link commands when they install.
import '../dist/sitedrive-main.js'
