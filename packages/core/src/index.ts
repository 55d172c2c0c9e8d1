export { allowancesFrom, type Allowances } from './allowances.js'
export { CHECKS_MODES, checksModeFrom, type ChecksMode } from './checks-mode.js'
export type { Change } from './compare.js'
export { childEnvironment, type SecretKeeper } from './child-environment.js'
export { FILE_NOUNS } from './content/file-nouns.js'
export type { Check, FileChange, Finding, Noise, PageChange, Sources, Summary } from './content/contract.js'
export { parseBootstrap, type Address } from './holepunch/bootstrap.js'
export { dataDir, sitePaths, type SitePaths } from './data-dir.js'
export { replaceFile } from './durable-file.js'
export { SitedriveError, type SitedriveErrorCode } from './error.js'
export { readHead, writeHead, type Head } from './head.js'
export { readLog, readRelease, type LogOptions, type SiteLog } from './history.js'
export {
  exportSecret,
  initProject,
  listKeys,
  restoreSecret,
  showKey,
  type ExportedSecret,
  type HeldKey,
  type InitializedProject,
  type InitOptions,
  type KeyFacts,
  type KeyPlace,
  type RestoredKey
} from './key-custody.js'
export { KnownSources } from './known-sources.js'
export { localNetworkFile, readLocalNetwork, type LocalNetwork } from './network-choice.js'
export type { Notes, Outcome, OutcomeFacts, OutcomeJson, Published, Skipped, Unchanged } from './outcome.js'
export { countChanges, linkOf, outcomeJson } from './outcome.js'
export { isCi, readPermission, type PermissionFacts, type SkipReason } from './permission.js'
export type { OnProgress, Progress } from './progress.js'
export { whyProject } from './project-folder.js'
export { PROJECT_FILE, projectFile, readProject, writeProject, type Project } from './project.js'
export {
  createPublisher,
  type Publisher,
  type PublisherOptions,
  type ReviewFacts,
  type SiteAddress
} from './publisher.js'
export {
  openReleasedSources,
  readReleasedSources,
  type OpenReleasedSources,
  type ReleasedSource,
  type ReleasedSources
} from './released-sources.js'
export type { Review } from './review-folder.js'
export { isLost, type SiteGenerator, type Release, type ReleaseRecord, type Span } from './release-record.js'
export { outcomeWord, REPORT_VARIABLE, type PublishReport, type PublishWord } from './report-channel.js'
export {
  describeFinding,
  describeOutcome,
  describeProgress,
  describeWait,
  formatBytes,
  grouped,
  plural,
  printable,
  type ReportLine
} from './report.js'
export { BUILD_BEGAN_VARIABLE, type BuildFacts } from './stale.js'
export { terminalQuestion } from './terminal-question.js'
export type { SeedReceipt } from './uplink.js'
export { verifyRelease, type Verification, type VerifyOptions } from './verify.js'
export type { LeftOut } from './walk.js'
export type { LockHolder } from './writer-lock.js'
