import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { SUITE_VERSIONS, VERSIONS, viteDriver } from './support/vite-project.js'

for (const version of SUITE_VERSIONS) describeIntegration(`Vite ${version}`, viteDriver(version))
// Vite then evaluates the config, and makes the plugin, once more for each environment.
describeIntegration('Vite 8 with environments', viteDriver(8, '--app'))

for (const version of VERSIONS) describeWatching(`Vite ${version}`, viteDriver(version))
