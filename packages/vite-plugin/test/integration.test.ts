import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { VERSIONS, viteDriver } from './support/vite-project.js'

for (const version of VERSIONS) describeIntegration(`Vite ${version}`, viteDriver(version))
// Vite then evaluates the config, and makes the plugin, once more for each environment.
describeIntegration('Vite 8 with environments', viteDriver(8, '--app'))

// Watching waits more than it works: all versions in `npm run long`.
const watching = process.env['SITEDRIVE_LONG'] ? VERSIONS : VERSIONS.slice(0, 1)
for (const version of watching) describeWatching(`Vite ${version}`, viteDriver(version))
