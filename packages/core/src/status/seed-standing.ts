import type { Project } from '../project/project-file.js'

/** What a seed holds of a site, as it says now. */
export interface SeedStanding {
  /** The seed's public key, z-base-32. */
  key: string
  /**
   * `holds`: all of the newest release of this machine. `behind`: less. `ahead`: releases that this machine does not have.
   * `offline`: it cannot be reached. `refused`: it does not keep this publisher's sites. `full`: this publisher's quota is used
   * up, and it has less than the newest release. `unknown`: it is reached, and does not say.
   */
  state: 'holds' | 'behind' | 'ahead' | 'offline' | 'refused' | 'full' | 'unknown'
  /** The newest release of which it says that it has everything; 0: none; null: not known. */
  release: number | null
  /** Whether random blocks of both cores were read back and are those of this machine; null: none could be compared. */
  readBack: boolean | null
  /** Why it was not told what it holds, one sentence; null when it was. */
  problem: string | null
}

export interface SeedQuestion {
  project: Pick<Project, 'key' | 'seeds'>
  /** @default process.env */
  env?: NodeJS.ProcessEnv
  /** How long each seed has to answer. All are asked at once. Milliseconds. @default 10000 */
  timeoutMs?: number | undefined
  signal?: AbortSignal | undefined
}
