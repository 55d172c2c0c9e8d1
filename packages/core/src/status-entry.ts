// What `sitedrive status`, `doctor`, `seeds` and `key check` read. Kept apart: a publish needs none of it. Loads native code only
// when it is used.
export { backupCheckedAt, beginBackupCheck, type BackupCheck } from './identity/backup-check.js'
export {
  addSeeds,
  listSeeds,
  removeSeeds,
  type EditedSeeds,
  type PinnedSeed,
  type PinnedSeeds,
  type SeedsPlace
} from './identity/pinned-seeds.js'
export { askSeeds } from './status/ask-seeds.js'
export type { SeedQuestion, SeedStanding } from './status/seed-standing.js'
export { countFolderChanges } from './status/count-changes.js'
export type { RunningProcess } from './status/running-processes.js'
export { listSites, type KnownSite, type SiteFolder } from './status/site-library.js'
export { readStatus, type Backup, type BackupState, type SiteStatus } from './status/site-status.js'
export { examineGenerator, type PluginFacts } from './doctor/examine-generator.js'
export { examineDataDirectory, type DataDirectory } from './doctor/examine-machine.js'
export { examineNetwork, type NetworkFacts } from './doctor/examine-network.js'
export { examineStore, type StoreFacts, type StoreState } from './doctor/examine-store.js'
export { examineWebAddress, type WebAddressFacts } from './doctor/examine-web-address.js'
export { toldAddresses } from './project/web-addresses.js'
