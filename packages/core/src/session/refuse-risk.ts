import { SitedriveError } from '../error.js'
import type { HistoryCheck } from './history-check.js'
import type { SeedAnswers } from './uplink.js'

/** What is known about a site's history when its store is open and the seeds have answered. */
export interface RiskFacts {
  /** The site's key, z-base-32. */
  key: string
  /** There is a head file: this machine noted what it signed. */
  hasHead: boolean
  /** The history check of the store as it was opened. */
  before: HistoryCheck
  /** null: no seed was asked. */
  answers: SeedAnswers | null
  /** The history check after the seeds answered; null: no seed was asked, or the store was replaced. */
  after: HistoryCheck | null
}

/**
 * Refuses a publish that could drop releases which readers have.
 *
 * @throws {SitedriveError} STORE_BEHIND when this machine lacks releases, SEED_UNREACHABLE when too few seeds answered
 */
export function refuseRisk({ key, hasHead, before, answers, after }: RiskFacts): void {
  if (!answers) {
    // guard: ask: a store that is behind is refused
    if (before.kind === 'behind') throw storeBehind(key, before.why)
    return
  }
  if (answers.holdsMore !== null)
    throw storeBehind(key, `seed ${answers.holdsMore} holds more than could be fetched from it`)
  // guard: seeds: as many must answer as could hide a release
  if (answers.reached < answers.wanted) {
    throw new SitedriveError(
      'SEED_UNREACHABLE',
      `${howMany(answers.reached, answers.wanted)} of \`${key}\` could be reached, and this machine may not know every release. ` +
        'Nothing was published. Try again when they are online.',
      { remedy: { action: 'accept loss', sentence: 'Or go on with {}: readers then follow this machine.' } }
    )
  }
  // Everything that the seeds hold is here now. With a head file, a state that is in it and still not here is lost. Without
  // one, nothing shows that more was signed.
  if (hasHead && after?.kind === 'behind') throw storeBehind(key, after.why)
}

function howMany(reached: number, wanted: number): string {
  if (reached > 0) return `Only ${reached} of ${wanted} seeds`
  return wanted === 1 ? 'No seed' : `None of the ${wanted} seeds`
}

/** @param why the end of a sentence about the store */
export function storeBehind(key: string, why: string): SitedriveError {
  return new SitedriveError(
    'STORE_BEHIND',
    `The store of \`${key}\` on this machine is behind: ${why}. Publishing from it would drop releases that readers have. ` +
      'Publish from the machine that has them.',
    {
      remedy: {
        action: 'accept loss',
        sentence: 'Or go on from here with {}: readers then follow this machine.'
      }
    }
  )
}
