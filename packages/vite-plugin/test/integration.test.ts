import { describeIntegration, describeWatching } from '@sitedrive/testing'
import { describe } from 'vitest'
import { ALL_VERSIONS, NEWEST, viteDriver } from './support/vite-project.js'

describeIntegration(`Vite ${NEWEST}`, viteDriver(NEWEST))
describeWatching(`Vite ${NEWEST}`, viteDriver(NEWEST))

describe('with other versions, and with environments', { tags: 'long' }, () => {
  for (const version of ALL_VERSIONS.filter((each) => each !== NEWEST)) {
    describeIntegration(`Vite ${version}`, viteDriver(version))
    describeWatching(`Vite ${version}`, viteDriver(version))
  }
  // Vite then evaluates the config, and makes the plugin, once more for each environment.
  describeIntegration(`Vite ${NEWEST} with environments`, viteDriver(NEWEST, '--app'))
})
