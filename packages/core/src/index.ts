export { allowancesFrom, type Allowances } from './publish/allowances.js'
export { CHECKS_MODES, checksModeFrom, type ChecksMode } from './checks/checks-mode.js'
export type { Change } from './folder/compare.js'
export { debug, isDebugged, type DebugTopic } from './debug.js'
export { childEnvironment, type SecretKeeper } from './machine/child-environment.js'
export { FILE_NOUNS } from './content/file-nouns.js'
export type {
  Check,
  FileChange,
  Finding,
  Noise,
  PageChange,
  Sources,
  Summary
} from './content/content-types.js'
export { parseBootstrap, type Address } from './holepunch/bootstrap.js'
export { dataDir, sitePaths, type SitePaths } from './machine/data-dir.js'
export { replaceFile } from './disk/durable-file.js'
export {
  messageWithRemedy,
  SitedriveError,
  type Remedy,
  type RemedyAction,
  type SitedriveErrorCode
} from './error.js'
export { readHead, writeHead, type Head } from './machine/signed-head.js'
export { readLog, readRelease, type LogOptions, type SiteLog } from './history/release-log.js'
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
} from './identity/key-custody.js'
export { KnownSources } from './history/known-sources.js'
export { localNetworkFile, readLocalNetwork, type LocalNetwork } from './machine/network-choice.js'
export type {
  Notes,
  Outcome,
  OutcomeFacts,
  OutcomeJson,
  Published,
  Skipped,
  Unchanged
} from './outcome/outcome.js'
export { countChanges, linkOf, outcomeJson } from './outcome/outcome.js'
export { isCi, readPermission, type PermissionFacts, type SkipReason } from './identity/permission.js'
export type { OnProgress, Progress } from './progress.js'
export { whyProject } from './publish/refuse-project-folder.js'
export { PROJECT_FILE, projectFile, readProject, writeProject, type Project } from './project/project-file.js'
export { createPublisher } from './publish/publisher.js'
export type { Publisher, PublisherOptions, ReviewFacts, SiteAddress } from './publish/publisher-contract.js'
export {
  openReleasedSources,
  readReleasedSources,
  type OpenReleasedSources,
  type ReleasedSource,
  type ReleasedSources
} from './history/released-sources.js'
export type { Review } from './publish/review-folder.js'
export {
  isLost,
  type SiteGenerator,
  type Release,
  type ReleaseRecord,
  type Span
} from './release/release-record.js'
export {
  outcomeEvent,
  REPORT_VARIABLE,
  type PublishReport,
  type PublishEvent
} from './outcome/report-channel.js'
export {
  describeFinding,
  describeOutcome,
  describeProgress,
  describeWait,
  type ReportLine
} from './outcome/report.js'
export { formatBytes, grouped, plural, printable } from './text.js'
export { BUILD_BEGAN_VARIABLE, type BuildFacts } from './publish/refuse-stale.js'
export { terminalQuestion } from './identity/terminal-question.js'
export type { SeedReceipt } from './session/uplink.js'
export { verifyRelease, type Verification, type VerifyOptions } from './history/verify-release.js'
export type { LeftOut } from './folder/walk.js'
export type { LockHolder } from './machine/writer-process-lock.js'
