#!/usr/bin/env node
// The command comes with this package: `npx sitedrive` runs what was installed, also where a package manager links the commands
// of a project's own dependencies alone.
import 'sitedrive/bin'
