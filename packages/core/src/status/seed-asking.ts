import { setTimeout as pause } from 'node:timers/promises'
import { debug } from '../debug.js'
import { messageOf, SitedriveError } from '../error.js'
import { withReader } from '../history/last-release.js'
import { endOf } from '../holepunch/blob-pointer.js'
import { deriveKeys, type SiteKeys } from '../holepunch/key-pairs.js'
import { RECORD_PATH } from '../holepunch/reserved-paths.js'
import { SeedCopy, type SeedHeads } from '../holepunch/seed-copy.js'
import { isAhead, SeedDialler, type SeedLink } from '../holepunch/seed-link.js'
import type { SeedAnswer, SiteCores } from '../holepunch/seed-protocol.js'
import { siteCores } from '../holepunch/site-cores.js'
import { encodeKey } from '../holepunch/site-key.js'
import { PARTS, type CorePart, type SiteStore } from '../holepunch/site-store.js'
import { parseSecret, readSecret } from '../identity/secret.js'
import { dataDir, sitePaths, type SitePaths } from '../machine/data-dir.js'
import { bootstrapOf } from '../machine/network-choice.js'
import { whoHolds } from '../machine/writer-process-lock.js'
import { rememberWebAddresses } from '../project/web-addresses.js'
import { releases } from '../release/release-record.js'
import { randomBlock } from '../session/random-block.js'
import { formatBytes } from '../text.js'
import type { SeedQuestion, SeedStanding } from './seed-standing.js'

const TIMEOUT_MS = 10_000
/** A seed that is a blind peer never says whether it trusts the publisher. Milliseconds. */
const ANSWER_MS = 500
const POLL_MS = 10

/** See `askSeeds`. */
export async function askNow({
  project: { key, seeds },
  env = process.env,
  timeoutMs = TIMEOUT_MS,
  signal
}: SeedQuestion): Promise<SeedStanding[]> {
  const home = dataDir(env)
  const paths = sitePaths(home, key)
  const keys = await ownKeysOf(key, home, env)
  // guard: asking: a publish that runs keeps its connections
  const isPublishing = (await whoHolds(paths.lock)) !== null
  const dialler = new SeedDialler(keys && !isPublishing ? keys.network : null, bootstrapOf(env, home))
  try {
    const ask = async (site: SiteStore | null) => {
      const cores = keys ? siteCores(keys) : site && coresOf(site)
      const asked = seeds.map((seed) => {
        const asking = new Asking({ seed, dialler, site, cores, pins: keys !== null && !isPublishing })
        return asking.run(timeoutMs, signal)
      })
      return Promise.all(asked)
    }
    const standings = (await withSite(paths, key, ask)) ?? (await ask(null))
    await rememberWebAddresses(paths, dialler.told)
    return standings
  } finally {
    await dialler.close()
  }
}

/** The store may be damaged or copied half; the seeds are asked anyway. */
async function withSite<T>(
  paths: SitePaths,
  key: string,
  use: (site: SiteStore) => Promise<T>
): Promise<T | null> {
  let isOpen = false
  try {
    return await withReader(paths, key, (site) => {
      isOpen = true
      return use(site)
    })
  } catch (error) {
    if (isOpen) throw error
    debug('seeds', () => `the store could not be opened: ${messageOf(error)}`)
    return null
  }
}

interface AskingParts {
  seed: string
  dialler: SeedDialler
  /** null: this machine has no store of the site. */
  site: SiteStore | null
  /** null: not known on this machine. */
  cores: SiteCores | null
  pins: boolean
}

/** One question to one seed. */
class Asking {
  private readonly parts: AskingParts
  private link: SeedLink | null = null

  constructor(parts: AskingParts) {
    this.parts = parts
  }

  private get answer(): SeedAnswer | null {
    return this.link?.answer ?? null
  }

  async run(timeoutMs: number, signal: AbortSignal | undefined): Promise<SeedStanding> {
    const deadline = AbortSignal.timeout(timeoutMs)
    const ended = signal ? AbortSignal.any([deadline, signal]) : deadline
    const hangUp = () => this.link?.close() // ends what waits for the seed
    ended.addEventListener('abort', hangUp, { once: true })
    try {
      return await this.ask(timeoutMs)
    } finally {
      ended.removeEventListener('abort', hangUp)
      hangUp()
    }
  }

  private async ask(timeoutMs: number): Promise<SeedStanding> {
    const { seed, dialler, cores, pins } = this.parts
    const dialled = dialler.dial(seed, timeoutMs).then((link) => (this.link = link))
    dialled.catch(() => {}) // it may fail before it is awaited
    try {
      if (!cores) {
        await dialled
        return this.standing('unknown', {
          problem:
            'What it holds cannot be asked, for this machine has neither the secret of the site nor a release.'
        })
      }
      const copy = await SeedCopy.open(dialled, cores, timeoutMs, pins)
      try {
        if (pins) await this.untilAnswered()
        return this.refusal() ?? this.withQuota(await this.compare(copy.heads, timeoutMs))
      } finally {
        await copy.close()
      }
    } catch (error) {
      return this.refusal() ?? this.unanswered(error)
    }
  }

  private async untilAnswered(): Promise<void> {
    const until = performance.now() + ANSWER_MS
    while (!this.answer && this.link?.isClosed === false && performance.now() < until) await pause(POLL_MS)
  }

  private refusal(): SeedStanding | null {
    const { answer } = this
    if (answer?.state === 'refused') {
      return this.standing('refused', {
        problem: 'It does not keep the sites of this publisher: its operator has to trust the publisher.'
      })
    }
    return null
  }

  private withQuota(standing: SeedStanding): SeedStanding {
    const { answer } = this
    if (standing.state !== 'behind' || answer?.state !== 'over quota') return standing
    const quota = answer.quotaBytes === null ? 'all that it takes' : formatBytes(answer.quotaBytes)
    return {
      ...standing,
      state: 'full',
      problem: `It keeps what it has and takes no more: ${formatBytes(answer.usedBytes)} of ${quota} are used by this publisher.`
    }
  }

  private unanswered(error: unknown): SeedStanding {
    if (error instanceof SitedriveError && error.code === 'SEED_UNREACHABLE')
      return this.standing('offline', { problem: reasonOf(error) })
    return this.standing('unknown', { problem: 'It does not say what it has of the site.' })
  }

  private async compare(heads: SeedHeads, timeoutMs: number): Promise<SeedStanding> {
    const { site } = this.parts
    if (heads.index.length === 0) return this.standing('behind', { release: 0 })
    if (!site) return this.standing('ahead', {})
    if (PARTS.some((part) => isAhead(heads[part], headOf(site, part)))) return this.standing('ahead', {})
    const release = await releaseAt(site, heads)
    const isWhole = PARTS.every((part) => holdsAll(heads, site, part))
    // guard: asking: what a seed says that it holds is read back
    const readBack = await this.readBack(site, heads, timeoutMs)
    if (isWhole && readBack !== false) return this.standing('holds', { release, readBack })
    return this.standing('behind', { release: readBack === false ? null : release, readBack })
  }

  /** Compares two random blocks. @returns null when the seed says that it has none that are here */
  private async readBack(site: SiteStore, heads: SeedHeads, timeoutMs: number): Promise<boolean | null> {
    const { dialler, seed } = this.parts
    const wanted: { part: CorePart; index: number }[] = []
    for (const part of PARTS) {
      if (heads[part].fork !== site.coreFork(part)) continue
      const below = Math.min(heads[part].contiguousLength, site.coreLength(part))
      const index = await randomBlock(site, part, below)
      if (index !== null) wanted.push({ part, index })
    }
    return wanted.length === 0 ? null : dialler.hasBlocks(seed, site, wanted, timeoutMs)
  }

  private standing(state: SeedStanding['state'], facts: Partial<SeedStanding>): SeedStanding {
    return { key: this.parts.seed, state, release: null, readBack: null, problem: null, ...facts }
  }
}

/** The newest release of this machine of which a seed says that it has everything; 0: none; null: it has another history. */
async function releaseAt(site: SiteStore, { index, blobs }: SeedHeads): Promise<number | null> {
  if ((await site.hashAt('index', index.length)) !== index.hash) return null
  for await (const { release, version } of releases(site)) {
    if (version > index.contiguousLength) continue
    const state = site.at(version)
    try {
      const record = await state.entry(RECORD_PATH)
      // The record is the last blob of its release.
      if (record?.blob && endOf(record.blob) <= blobs.contiguousLength) return release
    } finally {
      await state.close()
    }
  }
  return 0
}

function holdsAll(heads: SeedHeads, site: SiteStore, part: CorePart): boolean {
  const { fork, contiguousLength } = heads[part]
  return fork === site.coreFork(part) && contiguousLength >= site.coreLength(part)
}

function headOf(site: SiteStore, part: CorePart): { length: number; fork: number } {
  return { length: site.coreLength(part), fork: site.coreFork(part) }
}

function coresOf(site: SiteStore): SiteCores {
  return { site: site.key, blobs: encodeKey(site.coreOf('blobs').key) }
}

async function ownKeysOf(key: string, home: string, env: NodeJS.ProcessEnv): Promise<SiteKeys | null> {
  try {
    const given = env['SITEDRIVE_SECRET']
    const secrets = [given ? await parseSecret(given) : null, readSecret(home, key)]
    const keys = secrets.filter((secret) => secret !== null).map((secret) => deriveKeys(secret))
    return keys.find((each) => each.key === key) ?? null
  } catch (error) {
    if (error instanceof SitedriveError && error.code === 'BAD_SECRET') return null // it is damaged: `doctor` says so
    throw error
  }
}

/** Why a seed was not reached, as a sentence of its own. */
function reasonOf({ message }: SitedriveError): string {
  const [, why = message] = /cannot be reached: (.*)$/s.exec(message) ?? []
  return why.slice(0, 1).toUpperCase() + why.slice(1)
}
