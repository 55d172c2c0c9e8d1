export { CTRL_C, hasTerminal, startAtTerminal, type AtTerminal } from './at-terminal.js'
export {
  hasBrowser,
  launchBrowser,
  openBrowser,
  resolvedHere,
  type Browser,
  type BrowserContext,
  type BrowserOptions,
  type Page
} from './browser.js'
export { cleanEnvironment } from './clean-environment.js'
export { copyExample } from './copy-example.js'
export { linkPackages, readFolder, showBytes, writeFiles, type Contents } from './folder-files.js'
export { holdWriterLock } from './hold-writer-lock.js'
export type { IntegrationDriver, WatchDriver } from './integration-driver.js'
export { describeIntegration } from './integration-suite.js'
export { localDht } from './local-dht.js'
export {
  collectUpdates,
  isAlive,
  lookAtPreview,
  previewPids,
  previewStatus,
  type PreviewStatus
} from './look-at-preview.js'
export { keptSources, readProjectSite, readSite, sitesIn, type PublishedSite } from './published-site.js'
export {
  runCommand,
  runToSuccess,
  startCommand,
  type Command,
  type Finished,
  type Running,
  type RunOptions
} from './run-command.js'
export { openPackedRegistry, type PackedRegistry } from './packed-registry.js'
export { runDemo } from './run-demo.js'
export { makeTemporaryFolder, temporaryFolder } from './temporary-folder.js'
export { describeWatching } from './watching-suite.js'
export { until } from './until.js'
export { LOOKS, screenshots } from './screenshots.js'
export { parseExamples, type Example, type ShellExample } from './shell-examples/parse-examples.js'
export { runExamples, type RunExamplesOptions } from './shell-examples/run-examples.js'
