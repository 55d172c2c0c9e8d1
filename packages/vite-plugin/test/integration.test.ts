import { describeIntegration } from '@sitedrive/testing'
import { VERSIONS, viteDriver } from './support/vite-project.js'

for (const version of VERSIONS) describeIntegration(`Vite ${version}`, viteDriver(version))
// Vite then evaluates the config, and makes the plugin, once more for each environment.
describeIntegration('Vite 8 with environments', viteDriver(8, '--app'))
