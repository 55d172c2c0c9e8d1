import { SitedriveError } from '../error.js'
import type { KnownFile, ScanCache } from '../folder/scan-cache.js'
import { overtakenError, type SiteWriter } from '../holepunch/site-store.js'
import type { Head } from '../machine/signed-head.js'
import { latestRelease, type Release } from '../release/release-record.js'
import { checkStore, isOnlySigner, type HistoryCheck } from './history-check.js'
import { findIntact, type Intact } from './find-intact-content.js'
import { forgetLostContent, knownFiles } from './known-files.js'
import { findOvertaken, type OvertakenRelease } from './overtaken-release.js'
import { refuseRisk, storeBehind } from './refuse-risk.js'
import type { ReplaceableStore } from './replaceable-store.js'
import type { SeedAnswers, Uplink } from './uplink.js'

/** The site's history as a session begins with it. */
export interface History {
  writer: SiteWriter
  /** The history check of the store when it was opened. */
  check: HistoryCheck
  /** The newest release; null: there is none. */
  latest: Release | null
  /** The drive's files at that release. A file whose content is lost has an empty hash. */
  known: Map<string, KnownFile>
  /** Which content is still held. */
  intact: Intact
  /** Fork numbers that the seeds have seen. */
  seedForks: readonly number[]
  /** The last release of this machine, when another machine's release replaced it. */
  overtaken: OvertakenRelease | null
}

export interface HistoryQuestion {
  /** The site's key, z-base-32. */
  key: string
  store: ReplaceableStore
  /** The head file; null: there is none. */
  signed: Head | null
  cache: ScanCache | null
  uplink: Uplink
  /** Continue from the store of this machine although releases may be lost. */
  acceptLoss: boolean
}

/** How often the seeds are asked when other machines publish meanwhile. */
const MAX_READS = 3

/**
 * Compares a store with what this machine signed. When other machines may have signed too, asks the seeds and fetches
 * what they have. A store that contradicts a seed is replaced by an empty one.
 *
 * @throws {SitedriveError} STORE_BEHIND, SEED_UNREACHABLE, NOT_HELD, OVERTAKEN
 */
export async function readHistory(question: HistoryQuestion): Promise<History> {
  const { store, signed, uplink, acceptLoss } = question
  const check = await checkStore(store.writer, signed)
  const before = check.kind === 'alone' ? null : await releaseInStore(store.writer)
  const mustAsk = !isOnlySigner(check) && uplink.hasSeeds
  // A store that has other blocks at the same places cannot take the seed's blocks.
  const isReplaced = mustAsk && !acceptLoss && (await uplink.contradict(store.writer))
  // guard: hear: a store that contradicts a seed is set aside
  if (isReplaced) await store.replace()
  const { writer } = store
  const read = () => readOnce(question, writer, { check, mustAsk, isReplaced })
  const { answers, ...history } = await (mustAsk ? untilUnchanged(read) : read())
  return {
    ...history,
    writer,
    check,
    seedForks: answers?.forks ?? [],
    overtaken: await findOvertaken(writer, signed, before, history.latest)
  }
}

interface Reading extends Pick<History, 'latest' | 'known' | 'intact'> {
  answers: SeedAnswers | null
}

async function readOnce(
  { key, signed, cache, uplink, acceptLoss }: HistoryQuestion,
  writer: SiteWriter,
  { check, mustAsk, isReplaced }: { check: HistoryCheck; mustAsk: boolean; isReplaced: boolean }
): Promise<Reading> {
  const answers = mustAsk ? await uplink.ask(writer) : null
  if (!acceptLoss) {
    const after = answers && !isReplaced ? await checkStore(writer, signed) : null
    refuseRisk({ key, hasHead: signed !== null, before: check, answers, after })
  }
  // An earlier fetch that was cut short leaves only the last block of an index.
  const isWhole = await writer.hasWholeIndex()
  if (!isWhole && !acceptLoss) throw storeBehind(key, 'only the head of its index could be fetched')
  const latest = isWhole ? await latestRelease(writer) : null
  if (answers && !signed && !latest && !acceptLoss) throw storeBehind(key, 'no seed holds any release of it')
  const known = isWhole ? await knownFiles(writer, cache, isReplaced) : new Map<string, KnownFile>()
  const intact = await findIntact(writer, latest, uplink, acceptLoss)
  forgetLostContent(known, intact.blocks)
  return { answers, latest, known, intact }
}

/**
 * Reads again when another machine's release replaced what was being read before its blocks were here. The seeds then
 * hand out those blocks.
 */
async function untilUnchanged<T>(read: () => Promise<T>): Promise<T> {
  for (let times = 1; ; times++) {
    try {
      return await read()
    } catch (error) {
      // guard: ask: what is replaced while it is read is asked for again
      if (!(error instanceof SitedriveError) || error.code !== 'NOT_HELD') throw error
      if (times === MAX_READS) throw overtakenError()
    }
  }
}

/** The newest release of the store; null also when a fetch that was cut short left only part of the index. */
async function releaseInStore(writer: SiteWriter): Promise<Release | null> {
  return (await writer.hasWholeIndex()) ? latestRelease(writer) : null
}
