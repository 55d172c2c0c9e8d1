// What a program needs that publishes sites. What the packages of this repository share besides is in `internal-entry.ts`.
export type { Allowances } from './publish/allowances.js'
export { CHECKS_MODES, type ChecksMode } from './checks/checks-mode.js'
export type { Change } from './folder/compare.js'
export type {
  Check,
  FileChange,
  Finding,
  Noise,
  PageChange,
  Sources,
  Summary
} from './content/content-types.js'
export type { Address } from './holepunch/bootstrap.js'
export {
  messageWithRemedy,
  SitedriveError,
  type Remedy,
  type RemedyAction,
  type SitedriveErrorCode
} from './error.js'
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
export type {
  Notes,
  Outcome,
  OutcomeFacts,
  OutcomeJson,
  Published,
  Skipped,
  Unchanged
} from './outcome/outcome.js'
export { linkOf, outcomeJson } from './outcome/outcome.js'
export { readPermission, type PermissionFacts, type SkipReason } from './identity/permission.js'
export type { OnProgress, Progress } from './progress.js'
export { readProject, type ForkOrigin, type Project } from './project/project-file.js'
export { createPublisher } from './publish/publisher.js'
export type { Publisher, PublisherOptions, ReviewFacts, SiteAddress } from './publish/publisher-contract.js'
export type { Review } from './publish/review-folder.js'
export type { SiteGenerator, Release, ReleaseRecord } from './release/release-record.js'
export {
  describeFinding,
  describeOutcome,
  describeSync,
  type ReportLine,
  describeProgress,
  describeWait
} from './outcome/report.js'
export type { BuildFacts } from './publish/refuse-stale.js'
export type { SeedReceipt } from './session/uplink.js'
export { verifyRelease, type Verification, type VerifyOptions } from './history/verify-release.js'
export type { LeftOut } from './folder/walk.js'
export type { LockHolder } from './machine/writer-process-lock.js'
export { terminalLine, terminalQuestion } from './identity/terminal-question.js'
export { dataDir, sitePaths, type SitePaths } from './machine/data-dir.js'
