import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DriveEntry } from '@sitedrive/core/drive'
import type { CompleteState, ReadableDrive } from '../copy/held-state.js'
import { TaskLimit } from '../task-limit.js'
import { PathTable, PathTableBuilder, rowName, type Told } from './path-table.js'

/** The largest share of the memory that one site gets. */
const SHARE = 1 / 4

/** A table is given up for another site's when nobody has asked for it for so long. Milliseconds. */
const IDLE_MS = 60_000

/** A walk over an index pauses after this time, so that requests are answered meanwhile. Milliseconds. */
const SLICE_MS = 4

/** So much of its drive is looked up at a time for one state. Others wait, so that they do not hold up what is in memory. */
const MAX_LOOK_UPS = 32

/** The least memory for which a walk begins. Bytes. */
const MIN_ROOM = 16 * 1024

interface Kept {
  state: Pick<CompleteState, 'drive' | 'version' | 'fork'>
  table: PathTable
  usedAt: number
}

/**
 * The paths of the shown states of sites, so that neither a missing path nor a file costs a look-up in a drive. A site's table is
 * made in the background when it is first asked for something, and anew from the differences with each release.
 */
export class PathTables {
  private readonly limitBytes: number
  private readonly kept = new Map<string, Kept>()
  /** What is known of states without a table: it is being made, cannot be made, or found no room. */
  private readonly without = new WeakMap<ReadableDrive, 'making' | 'impossible' | number>()
  private readonly lookUps = new WeakMap<ReadableDrive, TaskLimit>()
  private readonly walks = new TaskLimit(1)
  private total = 0

  /** @param limitBytes of all tables */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** The memory of all tables. Bytes. */
  get byteLength(): number {
    return this.total
  }

  /** Finds entries of one state. @param key the site's key */
  entriesOf(key: string, state: CompleteState): (path: string) => Promise<DriveEntry | null> {
    const told = this.tableOf(key, state)
    return async (path) => {
      const found: Told = told?.find(path)
      return found === undefined ? this.lookUp(state, path) : found
    }
  }

  /** Tells that a path of a state is surely not there. null: its paths are not known. @param key the site's key */
  mayExistIn(key: string, state: CompleteState): ((path: string) => boolean) | null {
    const table = this.tableOf(key, state)
    return table && ((path) => table.find(path) !== null)
  }

  /** A state that may have to wait for peers is not limited: what waits would hold up what is here. */
  private lookUp({ drive }: CompleteState, path: string): Promise<DriveEntry | null> {
    if (!drive.entries) return drive.entry(path)
    let limit = this.lookUps.get(drive)
    if (!limit) this.lookUps.set(drive, (limit = new TaskLimit(MAX_LOOK_UPS)))
    return limit.run(() => drive.entry(path))
  }

  private tableOf(key: string, state: CompleteState): PathTable | null {
    const kept = this.kept.get(key)
    if (kept) kept.usedAt = performance.now()
    // guard: paths: a table tells of its own state alone
    if (kept?.state.drive === state.drive) return kept.table
    const known = this.without.get(state.drive)
    const isWorthIt = known === undefined || (typeof known === 'number' && this.hasRoom(known))
    // The one of an older release is made only when there is none: otherwise two releases would take it from each other.
    if (isWorthIt && state.drive.entries && (!kept || isLater(state, kept.state))) this.make(key, state)
    return null
  }

  private make(key: string, { drive, version, fork }: CompleteState): void {
    if (!this.hasRoom(MIN_ROOM)) return
    this.without.set(drive, 'making')
    const state = { drive, version, fork }
    const made = this.walks.run(() => tableOf(state, this.kept.get(key), this.limitBytes * SHARE))
    made.then(
      (table) => {
        if (!table) this.without.set(drive, 'impossible')
        else if (!this.keep(key, state, table)) this.without.set(drive, table.byteLength)
        else this.without.delete(drive)
      },
      // The state was closed meanwhile, or its index is damaged.
      () => this.without.set(drive, 'impossible')
    )
  }

  private keep(key: string, state: Kept['state'], table: PathTable): boolean {
    this.drop(key)
    this.dropIdle(table.byteLength)
    if (this.total + table.byteLength > this.limitBytes) return false
    this.kept.set(key, { state, table, usedAt: performance.now() })
    this.total += table.byteLength
    return true
  }

  private hasRoom(bytes: number): boolean {
    if (this.total + bytes <= this.limitBytes) return true
    this.dropIdle(bytes)
    return this.total + bytes <= this.limitBytes
  }

  private dropIdle(bytes: number): void {
    const before = performance.now() - IDLE_MS
    const idle = [...this.kept].filter(([, { usedAt }]) => usedAt < before)
    for (const [key] of idle.sort(([, a], [, b]) => a.usedAt - b.usedAt)) {
      if (this.total + bytes <= this.limitBytes) return
      this.drop(key)
    }
  }

  private drop(key: string): void {
    this.total -= this.kept.get(key)?.table.byteLength ?? 0
    this.kept.delete(key)
  }
}

/** @returns null when the state has too many paths */
async function tableOf(
  { drive, version, fork }: Kept['state'],
  before: Kept | undefined,
  limitBytes: number
): Promise<PathTable | null> {
  const builder = new PathTableBuilder(limitBytes)
  const pause = pauses()
  if (before && before.state.fork === fork && before.state.version <= version && drive.differences) {
    const gone = new Set<string>()
    for await (const difference of drive.differences(before.state.version)) {
      if (difference.before) gone.add(rowName(difference.before.path))
      if (difference.now && !builder.add(difference.now)) return null
      await pause()
    }
    return builder.addAll(before.table, gone) ? builder.build() : null
  }
  for await (const entry of drive.entries?.() ?? []) {
    if (!builder.add(entry)) return null
    await pause()
  }
  return builder.build()
}

function pauses(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < SLICE_MS) return undefined
    return nextTurn().then(() => void (since = performance.now()))
  }
}

function isLater(a: Kept['state'], b: Kept['state']): boolean {
  return a.fork > b.fork || (a.fork === b.fork && a.version >= b.version)
}
