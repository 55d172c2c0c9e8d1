import { hash, randomBytes } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import type { Duplex } from 'node:stream'
import os from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { bind } from '../../src/identity/binding.js'
import { sitePaths } from '../../src/machine/data-dir.js'
import { SitedriveError } from '../../src/error.js'
import type Hypercore from 'hypercore'
import type { Drive, DriveEntry, DriveState } from '../../src/holepunch/hyperdrive.js'
import { openFollower, openOwnDrive, type FollowedDrive } from '../../src/holepunch/follower.js'
import { decodeKey } from '../../src/holepunch/site-key.js'
import { SeedHost, type CoreSize } from '../../src/holepunch/seed-host.js'
import type { SiteStore, SiteWriter } from '../../src/holepunch/site-store.js'
import { exportSecret, restoreSecret } from '../../src/identity/key-custody.js'
import { withReader } from '../../src/history/last-release.js'
import type { Outcome } from '../../src/outcome/outcome.js'
import { projectFile, seedsWanted } from '../../src/project/project-file.js'
import { createPublisher } from '../../src/publish/publisher.js'
import { latestRelease, releases, type Release } from '../../src/release/release-record.js'
import { isReserved } from '../../src/holepunch/reserved-paths.js'
import { SeedUplink } from '../../src/session/seed-uplink.js'
import { keepKey, mintKey } from '../../src/identity/site-identity.js'
import type { Uplink } from '../../src/session/uplink.js'
import { connectedPair, ModelDht, acquaint } from './network.js'
import { ModelProcess } from './process.js'
import type { Action, Manner, Refusal, Schedule, Step } from './schedule.js'
import type { Tongue } from '../support/lying-core.js'
import { TOKENS } from '../support/made-secrets.js'
import { lie, loseBlocks, stores, watchConflicts } from './stores.js'

type Files = Record<string, string>

/** Long enough for a busy machine, short enough to wait for often: who lies or is away is given up on after so long. */
const PATIENCE = { dialTimeoutMs: 500, stallMs: 500, proofTimeoutMs: 300 }
/** In the end everybody is honest and there, so nothing may be given up on. */
const LAST_PATIENCE = { dialTimeoutMs: 10_000, stallMs: 15_000, proofTimeoutMs: 10_000 }
const DEADLINE_MS = 180_000
const POLL_MS = 3
const CLOSE_MS = 5_000
const SETTLE_MS = 200
/** How long a release that is here may take to be read. */
const LOOK_MS = 30_000
/** After so many polls without a change nothing more comes. */
const QUIET_POLLS = 40
/** How long a reader goes on with what something newer has overtaken. */
const OVERTAKEN_MS = 60

/** Thrown when the model finds what must never be. */
export class Violation extends Error {}

/** One try at a release: what its author was told of it, and what may excuse that it is lost. */
interface Deed {
  by: number
  files: Files
  began: number
  ended: number
  acceptsLoss: boolean
  /** What its author was told; null: it failed, or ended with the machine. */
  told: { release: number; version: number; fork: number } | null
  confirmedBy: ModelSeed[]
  /** Confirmed releases that no seed would have told it of when it asked. */
  hidden: Set<Deed>
  /** Its author knows, or had to know before going on, that it is lost; or nobody is left who could know. */
  isSettled: boolean
}

/** A publish that is under way in a process of its own, and may wait at one step. */
class Run {
  readonly deed: Deed
  readonly process: ModelProcess
  readonly done: Promise<void>
  isOver = false
  private gate: { resume: () => void; crash: (error: Error) => void } | null = null
  private until: Step | null
  private arrive = () => {}
  readonly arrived = new Promise<void>((resolve) => (this.arrive = resolve))
  reached: Step | null = null
  /** From the moment that it is connected. */
  writer: SiteWriter | null = null

  constructor(deed: Deed, { until, killAt }: Course, publish: (run: Run) => Promise<void>) {
    this.deed = deed
    this.until = until
    this.process = new ModelProcess(stores.areKillable ? killAt : Infinity)
    const published = this.process.run(() => publish(this))
    published.catch(() => {}) // nobody hears what a dead process throws
    this.done = Promise.race([published, this.process.killed]).finally(() => {
      this.isOver = true
      this.arrive()
    })
    this.done.catch(() => {}) // whoever waits for it hears of it
  }

  async at(step: Step): Promise<void> {
    this.reached = step
    if (this.until !== step) return
    this.until = null
    await new Promise<void>((resume, crash) => {
      this.gate = { resume, crash }
      this.arrive()
    })
    this.gate = null
  }

  goOn(): void {
    this.gate?.resume()
  }

  /** With stores on the disk nothing can be killed: then it fails. */
  crash(): void {
    if (stores.areKillable) this.process.kill()
    else this.gate?.crash(new Error('the process ends here'))
  }
}

/** How a publish goes. */
interface Course {
  /** It waits there. @default null */
  until: Step | null
  /** Its process is killed instead of this step. */
  killAt?: number
  /** It is refused for this. */
  why?: Refusal
}

interface Machine {
  number: number
  root: string
  home: string
  projectDir: string
  dir: string
  run: Run | null
  /** Its last process was killed. @returns whether nothing of its data has changed since */
  isUntouched: (() => boolean) | null
  /** What it built last is refused. */
  refused: { why?: Refusal }
  env: NodeJS.ProcessEnv
  /** What the store, and all the data, was before each publish. */
  past: string[]
  /** It may publish: it holds the secret. */
  isReady: boolean
  patience: typeof PATIENCE
}

interface ModelSeed {
  number: number
  dir: string
  secret: Buffer
  key: string
  host: SeedHost | null
  process: ModelProcess
  manner: Manner
  past: string[]
  /** When it last lost what it had, as a moment of the schedule. */
  forgotAt: number
  /** Since when it hands out nothing, as a moment of the schedule; else never. */
  hollowSince: number
}

interface ModelReader {
  dir: string
  drive: FollowedDrive
  sockets: Set<Duplex>
  shown: Files | null
  isAsked: boolean
  isPulling: boolean
  pulling: Promise<void>
  stop: AbortController
  overtaken: NodeJS.Timeout | undefined
}

/** Three machines, up to three seeds and two readers in one process, and what was promised to whom. */
export class World {
  readonly log: string[] = []
  private readonly root = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'sitedrive-model-')))
  private readonly machines: Machine[] = []
  private readonly seeds: ModelSeed[] = []
  private readonly readers: ModelReader[] = []
  private readonly deeds: Deed[] = []
  private readonly conflicts: string[] = []
  private readonly failures: unknown[] = []
  private readonly unwatch: () => void
  private stop: (why: Violation) => void = () => {}
  /** Rejects at a conflict: nothing that runs ends then, for the cores are closed. */
  private readonly stopped = new Promise<never>((_resolve, reject) => (this.stop = reject))
  private readonly schedule: Schedule
  private key = ''
  /** It was exported; null: it was not. */
  private secret: string | null = null
  /** The most steps that a publish had so far. */
  private steps = 0
  private jobs = 0
  /** The hash of everything that was signed, by core, fork and length. */
  private readonly signed = new Map<string, string>()
  private now = 0
  private copies = 0
  /** A machine that nobody else could sign beside was copied, and both went on. */
  private isMisused = false

  private constructor(schedule: Schedule) {
    this.schedule = schedule
    this.unwatch = watchConflicts(this.root, (dir) => {
      this.conflicts.push(path.relative(this.root, dir))
      this.stop(new Violation(`a conflict at ${this.conflicts.join(', ')}`))
    })
    this.stopped.catch(() => {}) // whatever runs then hears of it
  }

  /** Runs a schedule to its end. @throws Violation */
  static async run(schedule: Schedule): Promise<World> {
    const world = new World(schedule)
    try {
      await world.begin()
      for (const action of schedule.actions) {
        world.note(JSON.stringify(action))
        await inTime(Promise.race([world.act(action), world.stopped]), JSON.stringify(action))
        world.mustBeWhole()
      }
      world.note('the end')
      await inTime(Promise.race([world.end(), world.stopped]), 'the end')
      world.mustBeWhole()
      return world
    } catch (error) {
      if (error instanceof Error && error.cause) world.log.push(`cause: ${(error.cause as Error).stack}`)
      if (error instanceof Error) error.message += `\n${world.log.join('\n')}`
      throw error
    } finally {
      await world.close()
    }
  }

  /** How many of its publishes were told to be releases, and how many seeds confirmed. */
  get counts(): { told: number; confirmed: number; lost: number } {
    return {
      told: this.deeds.filter(({ told }) => told).length,
      confirmed: this.deeds.filter(({ confirmedBy }) => confirmedBy.length > 0).length,
      lost: this.lost
    }
  }
  private lost = 0
  private problems: string[] = []

  private async begin(): Promise<void> {
    const { seeds, confirm, isShared } = this.schedule
    for (let number = 0; number < seeds; number++) {
      const dir = path.join(this.root, `seed-${number}`)
      const seed: ModelSeed = {
        number,
        dir,
        secret: randomBytes(32),
        key: '',
        host: null,
        process: new ModelProcess(),
        manner: 'away',
        past: [],
        forgotAt: 0,
        hollowSince: Infinity
      }
      this.seeds.push(seed)
      await this.open(seed, 'honest')
    }
    for (let number = 0; number < 3; number++) this.machines.push(this.newMachine(number))
    const first = this.machine(0)
    const minted = await mintKey()
    this.key = minted.key
    keepKey(first.home, first.projectDir, minted, { seeds: this.seeds.map(({ key }) => key), confirm })
    first.isReady = true
    for (let number = 0; number < 2; number++) this.readers.push(await this.newReader(number))
    await this.publish(first, 1, false)
    if (!isShared) return
    const { secret } = await exportSecret(this.place(first))
    this.secret = secret
    first.past = [] // put back to before that, it would take itself to be alone
    for (const other of this.machines.slice(1)) {
      cpSync(projectFile(first.projectDir), projectFile(other.projectDir))
      await restoreSecret(this.place(other), secret)
      other.isReady = true
    }
  }

  private newMachine(number: number): Machine {
    const root = path.join(this.root, `machine-${number}`)
    const projectDir = path.join(root, 'project')
    const dir = path.join(projectDir, '_site')
    mkdirSync(dir, { recursive: true })
    const home = path.join(root, 'home')
    return {
      number,
      root,
      home,
      projectDir,
      dir,
      run: null,
      isUntouched: null,
      refused: {},
      env: { SITEDRIVE_HOME: home },
      past: [],
      isReady: false,
      patience: PATIENCE
    }
  }

  private async act(action: Action): Promise<void> {
    this.now++
    const machine = this.machine('by' in action ? action.by : 0)
    const isFree = machine.isReady && !machine.run
    switch (action.do) {
      case 'publish':
        if (machine.run) await this.go(machine, 'end')
        if (machine.isReady) await this.publish(machine, action.files, action.accepts)
        return
      case 'begin':
        if (isFree) await this.publish(machine, action.files, action.accepts, { until: action.until })
        return
      case 'killed': {
        if (!isFree) return
        await this.publish(machine, action.files, action.accepts, {
          until: null,
          killAt: this.stepAt(action.at)
        })
        if (machine.isUntouched && action.isPowerCut) this.cutPower(machine)
        return
      }
      case 'job':
        return this.runJob(action.files, action.at)
      case 'refused':
        if (isFree) await this.publish(machine, 0, false, { until: null, why: action.why })
        return
      case 'go':
        return this.go(machine, action.how)
      case 'race':
        return this.race()
      case 'spread':
        return this.spread()
      case 'again':
        if (isFree) await this.publish(machine, null, false, { until: null, ...machine.refused })
        return
      case 'seed':
        if (this.seeds[action.seed]) await this.change(this.seed(action.seed), action.is)
        return
      case 'seed dies': {
        const { process } = this.seeds[action.seed] ?? {}
        if (process && stores.areKillable) process.killAt = process.steps + 1 + action.after
        return
      }
      case 'holes':
        if (this.seeds[action.seed]) await this.makeHoles(this.seed(action.seed), action.in, action.mask)
        return
      case 'look':
        return this.look()
      case 'seeds meet': {
        const [one, other] = [this.seeds[action.seed], this.seeds[action.other]]
        if (one?.host && other?.host && one !== other) acquaint(decodeKey(one.key), decodeKey(other.key))
        return
      }
      case 'read':
        if (this.seeds[action.seed]?.host)
          this.follow(this.reader(action.reader), new ModelDht().connect(this.seedKey(action.seed)))
        return
      case 'leave':
        return this.leave(this.reader(action.reader))
      case 'share':
        if (isFree) await this.share(machine, this.reader(action.reader))
        return
      case 'stale': {
        const past = machine.past[machine.past.length - 1 - action.ago]
        if (!isFree || !past) return
        stores.restore(path.join(past, 'site'), this.paths(machine).store)
        machine.isUntouched = null
        return
      }
      case 'rewind': {
        const past = machine.past[machine.past.length - 1 - action.ago]
        if (!isFree || !past) return
        // A machine that was alone takes itself to be alone again. Only a seed that answers can tell it better.
        if (!this.schedule.isShared && this.seeds.some(({ manner }) => manner !== 'honest')) return
        for (const name of ['head.json', 'scan.cache']) {
          rmSync(path.join(this.paths(machine).dir, name), { force: true })
          const old = path.join(past, name)
          if (existsSync(old)) cpSync(old, path.join(this.paths(machine).dir, name))
        }
        stores.restore(path.join(past, 'site'), this.paths(machine).store)
        machine.isUntouched = null
        this.forgetDeeds(machine)
        if (this.schedule.isShared) return
        // What nobody else has may be signed otherwise once more.
        this.forgetSignatures()
        await this.publish(machine, 1, false)
        return
      }
      case 'restore': {
        if (!isFree || !this.schedule.isShared) return
        const { secret } = await exportSecret(this.place(machine))
        this.removeData(machine)
        await restoreSecret(this.place(machine), secret)
        return this.forgetDeeds(machine)
      }
      case 'lose head':
        if (!isFree) return
        rmSync(this.paths(machine).head, { force: true })
        machine.isUntouched = null
        return this.forgetDeeds(machine)
      case 'copy': {
        const from = this.machine(action.from)
        if (from === machine || machine.run || from.run || !from.isReady) return
        this.isMisused ||= !this.schedule.isShared
        this.removeData(machine)
        const [to, source] = [this.paths(machine), this.paths(from)]
        mkdirSync(path.dirname(to.dir), { recursive: true })
        cpSync(source.dir, to.dir, { recursive: true, filter: (file) => !file.startsWith(source.store) })
        stores.copy(source.store, to.store)
        cpSync(projectFile(from.projectDir), projectFile(machine.projectDir))
        rmSync(to.folders, { force: true })
        bind(to.folders, machine.projectDir)
        machine.isReady = true
        machine.isUntouched = null
        return this.forgetDeeds(machine)
      }
    }
  }

  // ---- machines

  /** @param count files besides the two that every release has; null: what was built last */
  private async publish(
    machine: Machine,
    count: number | null,
    accepts: boolean,
    course: Course = { until: null }
  ): Promise<void> {
    this.mustBeUntouched(machine)
    machine.refused = course.why ? { why: course.why } : {}
    this.remember(machine)
    const files = count === null ? null : this.build(machine, count, course.why)
    const before = this.deeds.findLast((deed) => deed.by === machine.number)
    const deed: Deed = {
      by: machine.number,
      files: files ?? before?.files ?? this.build(machine, 0),
      began: this.now,
      ended: Infinity,
      acceptsLoss: false,
      told: null,
      confirmedBy: [],
      hidden: new Set(),
      isSettled: false
    }
    this.deeds.push(deed)
    const run = new Run(deed, course, (own) => this.publishWith(machine, own, accepts, course.why))
    machine.run = run
    await run.arrived
    if (run.isOver) await this.settle(machine, run)
  }

  private async publishWith(machine: Machine, run: Run, accepts: boolean, why?: Refusal): Promise<void> {
    const { deed, process } = run
    const attempt = async (acceptLoss: boolean) => {
      const publisher = createPublisher(
        {
          ...this.place(machine),
          acceptLoss,
          allow: { empty: true, shrink: why !== 'shrink' },
          checks: 'off'
        },
        (project, keys) =>
          this.gated(
            new SeedUplink({
              seeds: project.seeds,
              confirm: seedsWanted(project),
              identity: keys.network,
              bootstrap: undefined,
              onProgress: undefined,
              signal: undefined,
              ...machine.patience
            }),
            run
          )
      )
      this.hear(machine, deed, await publisher.publish(machine.dir))
    }
    try {
      await attempt(false)
    } catch (error) {
      if (process.isDead) return
      const code = codeOf(error)
      this.note(`  machine ${machine.number}: ${code ?? String(error)}`)
      if (code === 'OVERTAKEN') deed.isSettled = true
      const isRefused = code !== null && REFUSALS.has(code)
      const isMeant = why !== undefined && code === REFUSED_FOR[why]
      const isOver = code === 'OVERTAKEN' || (code === 'UNCONFIRMED' && isJob(machine))
      if (!isRefused && !isMeant && !isOver && !isFailure(error)) throw error
      if (isRefused || isMeant) this.mustHaveSignedNothing(machine, run, code)
      if (!isRefused || !accepts) return
      // It was said that releases would be lost, and which store lacks them; its author goes on all the same.
      if (code !== 'SEED_UNREACHABLE') this.forgetDeeds(machine, deed)
      deed.acceptsLoss = true
      await attempt(true).catch((later: unknown) => {
        if (process.isDead) return
        if (codeOf(later) === 'OVERTAKEN') deed.isSettled = true
        else if (!isFailure(later)) throw later
        this.note(`  machine ${machine.number}, accepting the loss: ${String(later)}`)
      })
    }
  }

  private mustHaveSignedNothing({ number }: Machine, { process }: Run, code: string): void {
    const [signed] = process.signed
    if (signed)
      throw new Violation(`machine ${number} was refused (${code}) and had signed ${JSON.stringify(signed)}`)
  }

  /** Takes in what a process signed. */
  private noteSignatures({ number }: Machine, { signed }: ModelProcess): void {
    for (const { core, fork, length, hash: tree } of signed) {
      const place = `${core}/${fork}/${length}`
      const before = this.signed.get(place)
      this.signed.set(place, tree)
      if (before !== undefined && before !== tree && !this.isMisused)
        throw new Violation(
          `machine ${number} signed length ${length} of fork ${fork} although it was signed otherwise before`
        )
    }
  }

  /** Leaves out what no seed has. */
  private forgetSignatures(): void {
    for (const place of this.signed.keys()) {
      const [, fork, length] = place.split('/').map(Number) as [number, number, number]
      const isHeld = this.seedSizes()
        .flat()
        .some((size) => size?.fork === fork && size.length >= length)
      if (!isHeld) this.signed.delete(place)
    }
  }

  /** What the author is told. */
  private hear(machine: Machine, deed: Deed, outcome: Outcome): void {
    if (ModelProcess.here?.isDead)
      throw new Violation(`machine ${machine.number} went on after it was killed`)
    if (outcome.status === 'skipped') throw new Violation(`machine ${machine.number} skipped a publish`)
    const { release, version, fork, notes } = outcome
    const confirmedBy = outcome.seeds.flatMap(({ key, confirmed }) =>
      confirmed ? this.seeds.filter((seed) => seed.key === key) : []
    )
    const isConfirmed = notes.unconfirmed === null
    this.note(
      `  machine ${machine.number}: ${outcome.status} ${release} (${version} at ${fork})` +
        `${isConfirmed ? ', confirmed' : ''}${notes.overtaken ? `, overtaken: ${notes.overtaken.release}` : ''}`
    )
    this.problems = notes.unconfirmed ?? []
    const hollow = confirmedBy.find(({ hollowSince }) => hollowSince < deed.began)
    if (hollow)
      throw new Violation(
        `release ${release} of machine ${machine.number} was confirmed by seed ${hollow.number}, which hands out nothing`
      )
    const { overtaken } = notes
    if (overtaken) {
      const own = this.deeds.filter((each) => each.by === machine.number && each !== deed)
      const named = own.filter(({ told }) => told && told.release <= overtaken.release)
      for (const each of named) each.isSettled = true
    }
    if (outcome.status === 'published') {
      deed.told = { release, version, fork }
      if (isConfirmed) deed.confirmedBy = confirmedBy
      return
    }
    const same = this.deeds.find(({ told }) => told?.version === version && told.fork === fork)
    if (same && isConfirmed && confirmedBy.length > 0) same.confirmedBy = confirmedBy
  }

  /** The real uplink, with places to wait between its steps. */
  private gated(uplink: Uplink, run: Run): Uplink {
    return {
      hasSeeds: uplink.hasSeeds,
      begin: (cores) => uplink.begin(cores),
      holdMore: (writer) => uplink.holdMore(writer),
      webAddresses: () => uplink.webAddresses(),
      isPartlyAnswered: () => uplink.isPartlyAnswered(),
      contradict: (writer) => uplink.contradict(writer),
      firstLost: (writer, upTo, record) => uplink.firstLost(writer, upTo, record),
      hashesOf: (blob, fork) => uplink.hashesOf(blob, fork),
      fetchNodesFor: (writer, length) => uplink.fetchNodesFor(writer, length),
      ask: async (writer) => {
        await run.at('opened')
        const hiding = this.deeds.map(
          (deed) => [deed, deed.confirmedBy.filter((seed) => this.hides(seed, deed)).length] as const
        )
        const heard = await uplink.ask(writer)
        // Where the others are away, or too slow, perhaps those alone were heard that have lost it.
        for (const [deed, hides] of hiding)
          if (hides > 0 && (hides === deed.confirmedBy.length || heard.reached <= hides))
            run.deed.hidden.add(deed)
        this.note(`  machine ${run.deed.by} heard ${JSON.stringify(heard)}`)
        await run.at('asked')
        return heard
      },
      connect: (writer) => {
        uplink.connect(writer)
        run.writer = writer
        this.waitBeforeWriting(writer, run)
      },
      holdBlobs: async (writer) => {
        const isHeld = await uplink.holdBlobs(writer)
        await run.at('stored')
        return isHeld
      },
      confirm: async (writer) => {
        const own = await writer.state()
        await run.at('indexed')
        await uplink.confirm(writer)
        await this.mustPointRight(writer, own, run.deed)
      },
      receipts: () => uplink.receipts(),
      problems: () => uplink.problems(),
      remarks: () => uplink.remarks(),
      close: () => uplink.close()
    }
  }

  private waitBeforeWriting(writer: SiteWriter, run: Run): void {
    const append = writer.append.bind(writer)
    writer.append = async (blocks) => {
      await run.at('bumped')
      return append(blocks)
    }
  }

  private hides(seed: ModelSeed, deed: Deed): boolean {
    return (seed.manner !== 'honest' && seed.manner !== 'away') || seed.forgotAt > deed.began
  }

  private async go(machine: Machine, how: 'end' | 'crash' | 'power cut'): Promise<void> {
    const { run } = machine
    if (!run) return
    if (how === 'end') run.goOn()
    else run.crash()
    await run.done
    await this.settle(machine, run)
    if (how === 'power cut') this.cutPower(machine)
  }

  private async race(): Promise<void> {
    const waiting = this.machines.filter(({ run }) => run)
    for (const { run } of waiting) run?.goOn()
    for (const machine of waiting) {
      await machine.run?.done
      if (machine.run) await this.settle(machine, machine.run)
    }
  }

  /** Waits until every publish that waits has heard of the highest fork, and every reader shows the newest index. */
  private async spread(): Promise<void> {
    const writers = this.machines.flatMap(({ run }) => (run?.writer ? [run.writer] : []))
    const highest = Math.max(0, ...writers.map((writer) => writer.coreFork('blobs')))
    const newest = Math.max(0, ...this.seeds.map(({ host }) => host?.sizeOf(this.key)?.fork ?? 0))
    const isBehind = ({ drive, sockets, isPulling }: ModelReader) =>
      sockets.size > 0 && (isPulling || (hasCores(drive) && drive.coreFork('index') < newest))
    const until = Date.now() + SETTLE_MS // who is away hears of nothing
    while (
      Date.now() < until &&
      (writers.some((writer) => writer.coreFork('blobs') < highest) || this.readers.some(isBehind))
    )
      await pause()
  }

  private async settle(machine: Machine, run: Run): Promise<void> {
    const { process } = run
    machine.run = null
    run.deed.ended = ++this.now
    this.noteSignatures(machine, process)
    await run.done
    if (process.isDead) {
      this.note(`  machine ${machine.number} was killed at step ${process.steps}`)
      machine.isUntouched = this.photograph(machine)
    } else this.steps = Math.max(this.steps, process.steps)
  }

  /** @returns whether the data of a machine is still what it is now */
  private photograph(machine: Machine): () => boolean {
    const { head, cache, store } = this.paths(machine)
    const files = () =>
      [head, cache].map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : null)).join('\n')
    const before = files()
    const isSameStore = stores.photograph(store)
    return () => files() === before && isSameStore()
  }

  /** A machine is used again whose last process may have been killed. */
  private mustBeUntouched(machine: Machine): void {
    if (machine.isUntouched?.() === false)
      throw new Violation(
        `something was done in the name of machine ${machine.number} after its process was killed`
      )
    machine.isUntouched = null
  }

  /** What was not synced by the process that was killed last is lost. */
  private cutPower(machine: Machine): void {
    const { cache, store } = this.paths(machine)
    stores.cutPower(store)
    if (existsSync(cache) && Math.random() < 0.5) writeFileSync(cache, '')
    machine.isUntouched = this.photograph(machine)
  }

  private stepAt(part: number): number {
    return 1 + Math.floor((part / 1000) * this.steps)
  }

  /** A build server: it has the project and the secret, and nothing else. */
  private async runJob(files: number, part: number | null): Promise<void> {
    const { secret } = this
    if (secret === null) return
    const job = this.newMachine(FIRST_JOB + this.jobs++)
    cpSync(projectFile(this.machine(0).projectDir), projectFile(job.projectDir))
    job.env = { ...job.env, SITEDRIVE_SECRET: secret, CI: 'true' }
    const killAt = part === null ? Infinity : this.stepAt(part)
    await this.publish(job, files, false, { until: null, killAt })
    this.forgetDeeds(job)
    this.removeData(job)
  }

  /** @param why what the build is to be refused for */
  private build({ number, dir }: Machine, count: number, why?: Refusal): Files {
    const mark = `${number} at ${this.deeds.length}`
    const files: Files =
      why === 'shrink' ? { 'other.html': mark } : { 'index.html': mark, 'same.html': 'same' }
    for (let n = 0; n < count; n++) files[`${n}.html`] = `${n}|${mark}`
    if (why === 'secret') files['key.txt'] = TOKENS[0]?.[1] ?? ''
    if (why === 'no pages') {
      for (const name of Object.keys(files)) delete files[name]
      files['data.bin'] = mark
    }
    rmSync(dir, { recursive: true })
    mkdirSync(dir)
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(dir, name), content)
    return files
  }

  private remember(machine: Machine): void {
    const { dir, store } = this.paths(machine)
    if (!existsSync(store)) return
    const past = path.join(machine.root, `past-${this.copies++}`)
    mkdirSync(past)
    for (const name of ['head.json', 'scan.cache'])
      if (existsSync(path.join(dir, name))) cpSync(path.join(dir, name), path.join(past, name))
    stores.copy(store, path.join(past, 'site'))
    machine.past.push(past)
  }

  private removeData(machine: Machine): void {
    if (!this.key) return
    const { dir, store } = this.paths(machine)
    stores.remove(store)
    rmSync(dir, { recursive: true, force: true })
    machine.past = []
    machine.isUntouched = null
  }

  /** Nobody on this machine can know of its releases any more, or its author was told. */
  private forgetDeeds({ number }: Machine, but?: Deed): void {
    for (const deed of this.deeds) if (deed.by === number && deed !== but) deed.isSettled = true
  }

  // ---- seeds

  private async open(seed: ModelSeed, manner: Manner): Promise<void> {
    const tongue = TONGUES[manner] ?? null
    lie(seed.dir, tongue)
    seed.manner = manner
    seed.hollowSince = tongue?.isHollow ? ++this.now : Infinity
    const process = new ModelProcess()
    seed.process = process
    process.onKill(() => {
      seed.host = null
      seed.manner = 'away'
      this.note(`  seed ${seed.number} dies`)
    })
    const opening = process.run(async () => {
      const host = await SeedHost.open({
        dir: seed.dir,
        secret: seed.secret,
        admission: {
          introduced: (_publisher, { site, blobs }) => void this.coreKeys.add(site).add(blobs),
          isSite: (key) => key === this.key,
          admits: () => true,
          allows: () => !tongue?.isHollow,
          withheld: () => [],
          changed: () => {}
        }
      })
      seed.host = host
      seed.key = host.key
      for (const key of this.coreKeys) await host.keep(key)
    })
    opening.catch(() => {}) // nobody hears what a dead process throws
    await Promise.race([opening, process.killed])
  }

  private readonly coreKeys = new Set<string>()

  private async change(seed: ModelSeed, manner: Manner): Promise<void> {
    if (manner === seed.manner) return
    await this.shut(seed)
    if (manner === 'away') {
      const past = path.join(this.root, `seed-past-${this.copies++}`)
      stores.copy(seed.dir, past)
      seed.past.push(past)
      return
    }
    if (manner === 'older') {
      const past = seed.past.at(-1)
      stores.restore(past ?? path.join(this.root, 'nothing'), seed.dir)
      seed.forgotAt = ++this.now
    }
    await this.open(seed, manner === 'older' ? 'honest' : manner)
  }

  private async shut(seed: ModelSeed): Promise<void> {
    const { host, process } = seed
    if (host) await Promise.race([process.run(() => host.close()), process.killed])
    seed.host = null
    seed.manner = 'away'
  }

  /** A seed that loses blocks goes on as it was. */
  private async makeHoles(seed: ModelSeed, where: 'index' | 'blobs' | 'both', mask: number): Promise<void> {
    const { manner } = seed
    await this.shut(seed)
    const [index, blobs] = [...this.coreKeys]
    const keys = where === 'index' ? [index] : where === 'blobs' ? [blobs] : [index, blobs]
    for (const key of keys) {
      if (key === undefined) continue
      const lost = await loseBlocks(seed.dir, decodeKey(key), (block) => ((mask >> (block % 8)) & 1) === 1)
      this.note(`  seed ${seed.number} loses ${lost.join(', ')}`)
    }
    if (manner !== 'away') await this.open(seed, manner)
  }

  // ---- readers

  private async newReader(number: number): Promise<ModelReader> {
    const dir = path.join(this.root, `reader-${number}`)
    const drive = await openFollower(dir, this.key)
    const reader: ModelReader = {
      dir,
      drive,
      sockets: new Set(),
      shown: null,
      isAsked: false,
      isPulling: false,
      pulling: Promise.resolve(),
      stop: new AbortController(),
      overtaken: undefined
    }
    drive.onChange(() => this.ask(reader))
    return reader
  }

  /** One pull at a time, and one more when something changed meanwhile; the one that is overtaken is given up on. */
  private ask(reader: ModelReader): void {
    reader.isAsked = true
    if (reader.isPulling) {
      reader.overtaken ??= setTimeout(() => reader.stop.abort(), OVERTAKEN_MS)
      return
    }
    reader.isPulling = true
    reader.pulling = this.pullAll(reader)
    reader.pulling.catch((error: unknown) => this.failures.push(error))
  }

  private async pullAll(reader: ModelReader): Promise<void> {
    while (reader.isAsked) {
      reader.isAsked = false
      reader.stop = new AbortController()
      await this.pull(reader)
      clearTimeout(reader.overtaken)
      reader.overtaken = undefined
    }
    reader.isPulling = false
  }

  private async pull({ drive, stop }: ModelReader): Promise<void> {
    const state = await drive.pull(stop.signal).catch(() => null)
    if (!state || state.version < 2) return // who had it went away, or has published nothing yet
    // One of the two moved on while the other was fetched.
    if (state.fork !== state.blobsFork) return
    const snapshot = drive.at(state.version)
    const shown: Files = {}
    let failure: unknown = null
    try {
      for await (const { path: name, blob } of snapshot.entries())
        if (blob && !isReserved(name)) shown[name.slice(1)] = (await snapshot.read(blob)).toString('latin1')
    } catch (error) {
      failure = error
    } finally {
      await snapshot.close()
    }
    const now = await drive.state()
    // Reorganised while it was read: blocks of two histories. The change is asked about anyway.
    if (now.fork !== state.fork || now.blobsFork !== state.blobsFork) return
    if (failure) throw failure as Error
    const reader = this.readers.find((each) => each.drive === drive)
    if (reader) reader.shown = shown
  }

  private follow(reader: ModelReader, socket: Duplex): void {
    reader.sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      reader.sockets.delete(socket)
      if (reader.sockets.size === 0) reader.stop.abort()
    })
    reader.drive.replicate(socket)
  }

  private followAll(reader: ModelReader): void {
    for (const { key } of this.seeds) this.follow(reader, new ModelDht().connect(decodeKey(key)))
  }

  private leave(reader: ModelReader): void {
    for (const socket of reader.sockets) socket.destroy()
  }

  /** As `share` does: the store is open without a key, and goes both ways. */
  private async share(machine: Machine, reader: ModelReader): Promise<void> {
    const { store } = this.paths(machine)
    if (!existsSync(store)) return
    this.mustBeUntouched(machine)
    const follower = await openOwnDrive(store, this.key).catch(() => null) // it is a copy
    if (!follower) return
    try {
      const [here, there] = connectedPair()
      follower.replicate(here)
      this.follow(reader, there)
      const isInStep = () =>
        (['index', 'blobs'] as const).every((part) => {
          const own = follower.coreOf(part)
          const theirs = reader.drive.coreOf(part)
          return own.fork === theirs.fork && own.length === theirs.length
        })
      const until = Date.now() + 100 // neither may have the other's blocks at all
      await follower.state()
      while (Date.now() < until && !(hasCores(follower) && hasCores(reader.drive) && isInStep()))
        await pause()
      there.destroy()
    } finally {
      await follower.close()
    }
  }

  /** Lets a seed copy what a machine has, as far as it has it. */
  private async handOver(machine: Machine, { key, host }: ModelSeed): Promise<void> {
    const { store } = this.paths(machine)
    this.mustBeUntouched(machine)
    const follower = existsSync(store) ? await openOwnDrive(store, this.key).catch(() => null) : null
    if (!follower) return
    const socket = new ModelDht().connect(decodeKey(key))
    follower.replicate(socket)
    await this.untilNothingComes(() => {
      if (!hasCores(follower)) return false
      const index = host?.sizeOf(this.key)
      return index?.fork === follower.coreFork('index') && index.contiguousLength === index.length
    })
    socket.destroy()
    await follower.close()
  }

  /** Waits until nothing changes at any seed. It counts polls: on a busy machine less happens in the same time. */
  private async untilNothingComes(isEnough: () => boolean): Promise<void> {
    for (let [quiet, last] = [0, '']; quiet < QUIET_POLLS && !isEnough(); quiet++) {
      await pause()
      const now = JSON.stringify(this.seedSizes())
      if (now !== last) quiet = 0
      last = now
    }
  }

  /** By core, then by seed. */
  private seedSizes(): (CoreSize | null)[][] {
    return [...this.coreKeys].map((key) => this.seeds.map(({ host }) => host?.sizeOf(key) ?? null))
  }

  /** Every release that a seed, a machine or a reader has whole shows what was signed. Nothing is fetched for that. */
  private async look(): Promise<void> {
    for (const { number, host, process } of this.seeds) {
      if (!host || !this.key) continue
      // It may be killed by this: then nothing that was asked of it ends.
      await Promise.race([this.lookAt(host, `seed ${number}`), process.killed])
    }
    for (const [number, { drive }] of this.readers.entries())
      await this.mustHaveOwnBytes(drive, `reader ${number}`)
    for (const machine of this.machines) {
      if (machine.run) continue
      await withReader(this.paths(machine), this.key, (site) =>
        this.mustHaveOwnBytes(site, `machine ${machine.number}`)
      )
    }
  }

  private async lookAt(host: SeedHost, who: string): Promise<void> {
    const drive = await host.drive(this.key)
    try {
      await this.mustHaveOwnBytes(drive, who)
    } finally {
      await drive.close()
    }
  }

  private async mustHaveOwnBytes(store: SiteStore, who: string): Promise<void> {
    if (!hasCores(store)) return
    const before = headsOf(store)
    const isHere = async () =>
      (await store.hasWholeIndex()) && store.coreFork('index') === store.coreFork('blobs')
    if (store.coreLength('index') < 2 || !(await isHere())) return
    // A block may go before it is read.
    const problem = await inTime(this.findWrong(store), who, LOOK_MS).catch(String)
    if (problem && isDeepStrictEqual(headsOf(store), before) && (await isHere()))
      throw new Violation(`${who}: ${problem}`)
  }

  /** @returns what a release shows that was not signed; null: nothing */
  private async findWrong(store: SiteStore): Promise<string | null> {
    const latest = await latestRelease(store)
    for await (const { release, version } of releases(store)) {
      if (isGivenUp(latest, release)) continue
      const old = store.at(version)
      try {
        const shown = await shownBy(old, false)
        const built = this.deedOf(shown)?.files
        if (!built) return `release ${release} is no build`
        const names = Object.keys(built).toSorted()
        const isOther = shown.some(({ name, content }) => content !== null && content !== built[name])
        if (isOther || !isDeepStrictEqual(shown.map(({ name }) => name).toSorted(), names))
          return `release ${release} shows other bytes than were signed: ${JSON.stringify(shown)}`
      } finally {
        await old.close()
      }
    }
    return null
  }

  // ---- the end

  private async end(): Promise<void> {
    for (const machine of this.machines) if (machine.run) await this.go(machine, 'end')
    for (const seed of this.seeds) {
      seed.process.killAt = Infinity
      if (seed.manner !== 'honest') await this.change(seed, 'honest')
    }
    // What a hollow seed has the heads of may be at its author's only.
    if (this.schedule.actions.some((each) => each.do === 'seed' && each.is === 'hollow'))
      for (const machine of this.machines) for (const seed of this.seeds) await this.handOver(machine, seed)
    this.connectAll()

    const newest = await this.tellAll()
    this.lost = (await this.lostDeeds(newest)).length
    await this.untilSeedsHold(newest)
    await this.mustHoldBytes(newest)
    const last = this.deeds.findLast(({ told }) => told)
    for (const [number, reader] of this.readers.entries()) {
      const until = Date.now() + DEADLINE_MS / 3
      while (!isSame(reader.shown, last?.files ?? null)) {
        if (Date.now() > until)
          throw new Violation(
            `reader ${number} shows ${JSON.stringify(reader.shown)} and not ${JSON.stringify(last?.files)}: ` +
              statesOf(reader.drive)
          )
        this.mustBeWhole()
        if (!reader.isPulling) this.ask(reader)
        await pause()
      }
    }
  }

  /**
   * Whoever lost a release publishes once more, and must be told then. That may take the place of another's release, so it
   * goes on until nobody has lost anything untold.
   *
   * @returns who published last
   */
  private async tellAll(): Promise<Machine> {
    let newest = this.machine(0)
    await this.publishAtLast(newest)
    const count = this.machines.length
    for (let [turn, contentInARow] = [0, 0]; contentInARow < count; turn++) {
      if (turn > count * count) throw new Violation('the machines take the place of each other without end')
      const machine = this.machine(turn % count)
      const lost = await this.lostDeeds(newest)
      this.mustBeExcused(lost)
      contentInARow++
      if (!lost.some((deed) => isUntold(deed, machine))) continue
      contentInARow = 0
      await this.publishAtLast(machine)
      newest = machine
      const unnamed = (await this.lostDeeds(newest)).find((deed) => isUntold(deed, machine))
      if (unnamed) {
        const { release, version, fork } = unnamed.told ?? {}
        throw new Violation(
          `machine ${machine.number} was not told that its release ${release} (${version} at ${fork}) is lost`
        )
      }
    }
    return newest
  }

  /** Seeds find each other and readers find them, as by the DHT. */
  private connectAll(): void {
    for (const one of this.seeds)
      for (const other of this.seeds)
        if (one.number < other.number) acquaint(decodeKey(one.key), decodeKey(other.key))
    for (const reader of this.readers) this.followAll(reader)
  }

  /** With all seeds there, a publish is confirmed. */
  private async publishAtLast(machine: Machine): Promise<void> {
    machine.patience = LAST_PATIENCE
    for (let attempt = 0; attempt < 3; attempt++) {
      await this.publish(machine, attempt, true)
      const deed = this.deeds.at(-1)
      if (deed?.told && deed.confirmedBy.length >= this.schedule.confirm) return
    }
    this.mustBeWhole()
    throw new Violation(
      `machine ${machine.number} cannot publish although all seeds are there: ${this.problems.join(' ')}`
    )
  }

  /** Releases that an author was told of and that the history does not have. */
  private async lostDeeds(machine: Machine): Promise<Deed[]> {
    const history = new Set<string>()
    await withReader(this.paths(machine), this.key, async (site) => {
      for await (const release of releases(site)) {
        const old = site.at(release.version)
        const entries = await Promise.all(MARKED.map((name) => old.entry(`/${name}`)))
        const entry = entries.find((each) => each !== null)
        history.add(`${release.release} ${release.version} ${entry ? hashOf(entry) : null}`)
        await old.close()
      }
    })
    const isLost = ({ told, files }: Deed) => {
      const marked = MARKED.find((name) => name in files) ?? ''
      return told && !history.has(`${told.release} ${told.version} ${sha256(files[marked] ?? '')}`)
    }
    return this.deeds.filter(isLost)
  }

  /** All seeds get to the newest release by themselves. */
  private async untilSeedsHold(machine: Machine): Promise<void> {
    const own = await withReader(this.paths(machine), this.key, async (site) => headsOf(site))
    if (!own) return
    const isAt = (seed: ModelSeed) =>
      [...this.coreKeys].every((key, n) => {
        const size = seed.host?.sizeOf(key)
        const { length, fork } = own[n] ?? {}
        return size?.length === length && size?.fork === fork && size?.contiguousLength === length
      })
    const until = Date.now() + DEADLINE_MS / 3
    for (let late = this.seeds; late.length > 0; late = this.seeds.filter((seed) => !isAt(seed))) {
      if (Date.now() > until)
        throw new Violation(
          `seeds ${late.map(({ number }) => number).join(', ')} do not get to ${JSON.stringify(own)}: ${JSON.stringify(this.seedSizes())}`
        )
      await pause()
    }
  }

  /**
   * At every seed, each release of the history that is not said to be lost has its own bytes. What they are is known from what
   * was built, and not from what the product says of them.
   */
  private async mustHoldBytes(machine: Machine): Promise<void> {
    for (const { host, number } of this.seeds) {
      if (!host) continue
      const drive = await host.drive(this.key)
      try {
        const latest = await latestRelease(drive)
        for await (const { release, version } of releases(drive)) {
          if (!isGivenUp(latest, release)) await this.mustBeHeld(drive, release, version, number)
        }
      } finally {
        await drive.close()
      }
    }
    await withReader(this.paths(machine), this.key, (site) =>
      this.mustHaveOwnBytes(site, `machine ${machine.number}`)
    )
  }

  private async mustBeHeld(
    drive: FollowedDrive,
    release: number,
    version: number,
    seed: number
  ): Promise<void> {
    const old = drive.at(version)
    try {
      const shown = await shownBy(old, true)
      const files = Object.fromEntries(shown.map(({ name, content }) => [name, content ?? '']))
      if (!isSame(files, this.deedOf(shown)?.files ?? null))
        throw new Violation(
          `release ${release} shows at seed ${seed} other bytes than were signed: ${JSON.stringify(files)}`
        )
    } catch (error) {
      if (error instanceof Violation) throw error
      throw new Violation(
        `release ${release} is not held by seed ${seed}, and nobody was told: ${String(error)}`
      )
    } finally {
      await old.close()
    }
  }

  /** The build of which an index names the hashes: no two builds have the same. */
  private deedOf(shown: Shown[]): Deed | undefined {
    const named = Object.fromEntries(shown.map(({ name, hash: own }) => [name, own]))
    return this.deeds.find(({ files }) =>
      isDeepStrictEqual(
        named,
        Object.fromEntries(Object.entries(files).map(([name, content]) => [name, sha256(content)]))
      )
    )
  }

  /** A confirmed release is lost only if two machines published within one confirmation, or it was accepted. */
  private mustBeExcused(lost: Deed[]): void {
    for (const deed of lost) {
      if (deed.confirmedBy.length === 0 || this.isMisused) continue
      const isExcused = this.deeds.some(
        (other) =>
          other !== deed &&
          (other.hidden.has(deed) ||
            (other.acceptsLoss && other.ended > deed.began) ||
            (other.by !== deed.by && other.began < deed.ended && other.ended > deed.began))
      )
      if (!isExcused)
        throw new Violation(
          `release ${deed.told?.release} of machine ${deed.by} was confirmed, nobody published meanwhile, and it is lost`
        )
    }
  }

  /** Each file of a release that is still there leads to its own bytes. */
  private async mustPointRight(writer: SiteWriter, own: DriveState, { files }: Deed): Promise<void> {
    const wrong: string[] = []
    let failure: unknown = null
    try {
      for await (const { path: name, blob } of writer.entries()) {
        if (!blob || isReserved(name) || !(await writer.hasBlob(blob))) continue
        const content = (await writer.read(blob)).toString('latin1')
        if (content !== files[name.slice(1)]) wrong.push(`${name}: ${content}`)
      }
    } catch (error) {
      failure = error
    }
    if (JSON.stringify(await writer.state()) !== JSON.stringify(own)) return // overtaken, as its author will hear
    if (failure) throw failure as Error
    if (wrong.length > 0) throw new Violation(`a release with wrong bytes: ${wrong.join(', ')}`)
  }

  private mustBeWhole(): void {
    if (this.failures.length > 0) throw this.failures[0] as Error
    if (this.conflicts.length > 0) throw new Violation(`a conflict at ${this.conflicts.join(', ')}`)
    for (const [number, { shown }] of this.readers.entries()) {
      if (shown && !this.deeds.some(({ files }) => isSame(shown, files)))
        throw new Violation(`reader ${number} shows what nobody published: ${JSON.stringify(shown)}`)
    }
  }

  /** Also after a failure, when some of this may never end. */
  private async close(): Promise<void> {
    const closing = this.closeAll()
    closing.catch(() => {}) // the first error is the one that tells
    await inTime(closing, 'closing', CLOSE_MS).catch(() => {})
    this.unwatch()
    stores.forget(this.root)
    rmSync(this.root, { recursive: true, force: true })
  }

  private async closeAll(): Promise<void> {
    for (const { run } of this.machines) run?.crash()
    for (const { run } of this.machines) await run?.done.catch(() => {})
    for (const reader of this.readers) {
      reader.isAsked = false
      reader.stop.abort()
      this.leave(reader)
      await reader.pulling.catch(() => {})
      await reader.drive.close().catch(() => {})
    }
    for (const seed of this.seeds) {
      await this.shut(seed).catch(() => {})
      lie(seed.dir, null)
    }
  }

  // ---- small things

  private machine(number: number): Machine {
    const machine = this.machines[number]
    if (!machine) throw new Error(`no machine ${number}`)
    return machine
  }

  private seed(number: number): ModelSeed {
    const seed = this.seeds[number]
    if (!seed) throw new Error(`no seed ${number}`)
    return seed
  }

  private seedKey(number: number): Buffer {
    return decodeKey(this.seed(number).key)
  }

  private reader(number: number): ModelReader {
    const reader = this.readers[number]
    if (!reader) throw new Error(`no reader ${number}`)
    return reader
  }

  private place({ projectDir, env }: Machine): { projectDir: string; env: NodeJS.ProcessEnv } {
    return { projectDir, env }
  }

  private paths({ home }: Machine) {
    return sitePaths(home, this.key)
  }

  private note(text: string): void {
    this.log.push(text)
  }
}

function isUntold(deed: Deed, { number }: Machine): boolean {
  return deed.by === number && !deed.isSettled
}

/** Numbers of machines from here on are build servers. */
const FIRST_JOB = 10

function isJob({ number }: Machine): boolean {
  return number >= FIRST_JOB
}

const REFUSALS = new Set(['STORE_BEHIND', 'STORE_COPIED', 'SEED_UNREACHABLE', 'NOT_HELD'])
const REFUSED_FOR: Record<Refusal, string> = {
  shrink: 'SHRINK_REFUSED',
  secret: 'SECRET_FOUND',
  'no pages': 'NO_PAGES'
}

function codeOf(error: unknown): string | null {
  return error instanceof SitedriveError ? error.code : null
}

/** With stores on the disk a process fails instead of being killed. */
function isFailure(error: unknown): boolean {
  return codeOf(error) === null && /the process ends here/.test(String(error))
}

const TONGUES: Partial<Record<Manner, Tongue>> = {
  shorter: { head: ({ length, fork }) => ({ length: length >> 1, fork }) },
  longer: { head: ({ length, fork }) => ({ length: length + 5, fork }) },
  'other fork': { head: ({ length, fork }) => ({ length, fork: fork + 1 }) },
  hollow: { isHollow: true }
}

function isSame(one: Files | null, other: Files | null): boolean {
  const sorted = (files: Files | null) =>
    JSON.stringify(files && Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(one) === sorted(other)
}

/** Each build has one of these, and no two builds have the same content there. */
const MARKED = ['index.html', 'other.html', 'data.bin']

/** A file of a release, with the hash that the index names. */
interface Shown {
  name: string
  hash: string
  /** null: it was not read. */
  content: string | null
}

/** @param mustBeHere false: a file that is not here has no content */
async function shownBy(drive: Drive, mustBeHere: boolean): Promise<Shown[]> {
  const shown: Shown[] = []
  for await (const entry of drive.entries()) {
    const { path: name, blob } = entry
    if (!blob || isReserved(name)) continue
    const content = await drive.read(blob).catch((error: unknown) => {
      if (mustBeHere || codeOf(error) !== 'NOT_HELD') throw error
      return null
    })
    shown.push({ name: name.slice(1), hash: hashOf(entry), content: content?.toString('latin1') ?? null })
  }
  return shown
}

/** Its author was told that its content is lost. */
function isGivenUp(latest: Release | null, release: number): boolean {
  return latest?.lost?.some(([first, last]) => first <= release && release <= last) ?? false
}

function hashOf({ metadata }: DriveEntry): string {
  return String(((metadata ?? {}) as { hash?: unknown }).hash)
}

function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Of both cores of a drive, in the order of its cores' keys at the seeds. */
function headsOf(drive: SiteStore): { length: number; fork: number }[] {
  return (['index', 'blobs'] as const).map((part) => ({
    length: drive.coreLength(part),
    fork: drive.coreFork(part)
  }))
}

/** Before anything of the index is here, nobody knows which core the blobs are in. */
function hasCores(drive: SiteStore): boolean {
  try {
    return drive.coreLength('blobs') >= 0
  } catch {
    return false
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, POLL_MS)
  })
}

async function inTime<T>(promise: Promise<T>, what: string, deadlineMs = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Violation(`not over within ${deadlineMs} ms: ${what}`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What may tell why a core is not fetched. */
/** How far a drive has both cores, in words; it may not have heard of its blobs yet. */
function statesOf(drive: FollowedDrive): string {
  try {
    return JSON.stringify([stateOf(drive.coreOf('blobs')), stateOf(drive.coreOf('index'))])
  } catch (error) {
    return String(error)
  }
}

function stateOf(core: Hypercore): object {
  const { length, fork, contiguousLength, peers } = core
  const inner = core as unknown as {
    core: { replicator: { _ranges: unknown[]; _blocks: { size: number }; _reorgs: unknown[] } }
  }
  const { _ranges, _blocks, _reorgs } = inner.core.replicator
  return {
    length,
    fork,
    contiguousLength,
    ranges: _ranges?.length,
    blocks: _blocks?.size,
    reorgs: _reorgs?.length,
    peers: peers.map((peer) => {
      const { remoteLength, remoteFork, remoteContiguousLength } = peer
      const { inflight, paused, canUpgrade, syncsProcessing, stats } = peer as unknown as Record<
        string,
        unknown
      >
      return {
        remoteLength,
        remoteFork,
        remoteContiguousLength,
        inflight,
        paused,
        canUpgrade,
        syncsProcessing,
        stats
      }
    })
  }
}
