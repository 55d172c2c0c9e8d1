import { readIfThere, replaceFile } from '../disk/durable-file.js'
import type { ToldAddress } from '../holepunch/seed-link.js'
import type { SitePaths } from '../machine/data-dir.js'
import type { Project } from './project-file.js'

/** How long a peer that seems to be on this machine may take to say who it is. Milliseconds. */
const LOOK_MS = 1_000

/**
 * Where web browsers find a site: the `mirror` of `sitedrive.json`, else the address that the first of its seeds that has one told
 * when it was last asked. null: none is known.
 */
export function webAddressOf(
  { mirror, seeds }: Pick<Project, 'mirror' | 'seeds'>,
  paths: SitePaths
): string | null {
  if (mirror !== undefined) return mirror
  const told = toldAddresses(paths)
  return seeds.map((seed) => told.get(seed)).find((address) => address !== undefined) ?? null
}

/**
 * Keeps what seeds have told.
 *
 * @param told web addresses of the site by the seeds' keys
 */
export async function rememberWebAddresses(
  paths: SitePaths,
  told: ReadonlyMap<string, ToldAddress>
): Promise<void> {
  const { webAddresses } = paths
  const known = toldAddresses(paths)
  const before = JSON.stringify([...known])
  await Promise.all(
    [...told].map(async ([seed, { url, isHere }]) => {
      // A busy machine may take long to answer over HTTP, so a peer whose connection shows where it runs is not asked.
      // guard: web address: that of another machine's `localhost` is none
      if (url === null || !(isHere || (await leadsThere(url, seed)))) known.delete(seed)
      else known.set(seed, url)
    })
  )
  if (JSON.stringify([...known]) === before) return
  try {
    replaceFile(webAddresses, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`)
  } catch {
    // The release is at the seeds. Only its web address is told later.
  }
}

/** Where seeds showed the site when they were last asked, by their keys. */
export function toldAddresses({ webAddresses }: SitePaths): Map<string, string> {
  try {
    const entries = Object.entries(JSON.parse(readIfThere(webAddresses) ?? '{}') as Record<string, unknown>)
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return new Map() // the file is damaged, and is written anew
  }
}

/**
 * A peer without a domain of its own shows its sites at `localhost`, which leads to it on its own machine alone, and into a
 * container of it.
 */
async function leadsThere(address: string, seed: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(address)
  if (!/(^|\.)localhost$/.test(hostname)) return true
  try {
    const answer = await fetch(`${protocol}//127.0.0.1:${port}/status.json`, {
      signal: AbortSignal.timeout(LOOK_MS)
    })
    const { key } = (await answer.json()) as { key?: unknown }
    return key === seed
  } catch {
    return false
  }
}
