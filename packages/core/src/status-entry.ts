// What `sitedrive status`, `doctor`, `seeds` and `key check` read. Kept apart: a publish needs none of it.
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
