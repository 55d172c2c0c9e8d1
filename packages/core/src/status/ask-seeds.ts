import type { SeedQuestion, SeedStanding } from './seed-standing.js'

/**
 * Asks each pinned seed what it holds of the site, and reads random blocks back. Sends nothing of the store to them.
 *
 * The seeds know the publisher who asks, as at a publish, unless the secret is not on this machine or a publish runs: a seed keeps
 * one connection with each publisher, and asking must not end that one.
 *
 * @throws {SitedriveError} BAD_OPTION when the DHT nodes to start from are named wrongly
 */
export async function askSeeds(question: SeedQuestion): Promise<SeedStanding[]> {
  if (question.project.seeds.length === 0) return []
  // Imported here, because it loads native code.
  const { askNow } = await import('./seed-asking.js')
  return askNow(question)
}
