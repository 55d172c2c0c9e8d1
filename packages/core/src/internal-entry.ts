// For the other packages of this repository. It is no API: it may change with each version.
export { allowancesFrom } from './publish/allowances.js'
export { checksModeFrom } from './checks/checks-mode.js'
export { debug, isDebugged, type DebugTopic } from './debug.js'
export { childEnvironment, type SecretKeeper } from './machine/child-environment.js'
export { FILE_NOUNS } from './content/file-nouns.js'
export { parseBootstrap } from './holepunch/bootstrap.js'
export { isAlive } from './machine/is-alive.js'
export { replaceFile } from './disk/durable-file.js'
export { keepMemorySmall } from './machine/steady-memory.js'
export { makePrivateDir } from './machine/data-dir.js'
export { readHead, writeHead, type Head } from './machine/signed-head.js'
export { KnownSources } from './history/known-sources.js'
export { localNetworkFile, readLocalNetwork, type LocalNetwork } from './machine/network-choice.js'
export { countChanges } from './outcome/outcome.js'
export { whyProject } from './publish/refuse-project-folder.js'
export { isForkOrigin, PROJECT_FILE, projectFile, writeProject } from './project/project-file.js'
export { startRepository } from './source/start-repository.js'
export {
  openReleasedSources,
  readReleasedSources,
  type OpenReleasedSources,
  type ReleasedSource,
  type ReleasedSources
} from './history/released-sources.js'
export { isLost, type Span } from './release/release-record.js'
export {
  outcomeEvent,
  REPORT_VARIABLE,
  type PublishReport,
  type PublishEvent
} from './outcome/report-channel.js'
export { formatBytes, grouped, listed, plural, printable } from './text.js'
export { BUILD_BEGAN_VARIABLE } from './publish/refuse-stale.js'
export { refuseKeyInCi } from './identity/key-custody.js'
export { writtenText } from './written-text.js'
