import fc from 'fast-check'

/** How far a publish goes before it waits: what it has just done. */
export const STEPS = ['opened', 'asked', 'bumped', 'stored', 'indexed'] as const
export type Step = (typeof STEPS)[number]

/** What a seed is like from now on. */
export const MANNERS = ['away', 'honest', 'shorter', 'longer', 'other fork', 'hollow', 'older'] as const
export type Manner = (typeof MANNERS)[number]

/** What a build has that is refused. */
export const REFUSALS = ['shrink', 'secret', 'no pages'] as const
export type Refusal = (typeof REFUSALS)[number]

export type Action =
  /** A machine publishes something new. `accepts`: goes on with `acceptLoss` when it is refused. */
  | { do: 'publish'; by: number; files: number; accepts: boolean }
  /** The same, but it waits after a step, until a `go`; the end of the schedule is one for all. */
  | { do: 'begin'; by: number; files: number; accepts: boolean; until: Step }
  | { do: 'go'; by: number; how: 'end' | 'crash' | 'power cut' }
  /**
   * The same as `publish`, but the process is killed between two steps of it, whatever they are: `at` of 1,000 parts of as many
   * steps as a publish had so far. `isPowerCut`: what was not synced by then is lost, or the later part of it.
   */
  | { do: 'killed'; by: number; files: number; accepts: boolean; at: number; isPowerCut: boolean }
  /** A build server without any data publishes and is never seen again. `at`: it is killed there; null: it gets to the end. */
  | { do: 'job'; files: number; at: number | null }
  /** A machine tries to publish what is refused. */
  | { do: 'refused'; by: number; why: Refusal }
  /** All that wait go on at the same moment. */
  | { do: 'race' }
  /** Those that are connected hear of one another. */
  | { do: 'spread' }
  /** A machine builds what it built last. */
  | { do: 'again'; by: number }
  | { do: 'seed'; seed: number; is: Manner }
  /** A seed is killed after so many steps, whatever it does then. */
  | { do: 'seed dies'; seed: number; after: number }
  /** A seed loses single blocks: of the index, of the blobs or of both, each with one of 8 chances. `mask`: which ones. */
  | { do: 'holes'; seed: number; in: 'index' | 'blobs' | 'both'; mask: number }
  /** Nothing is shown anywhere that was not signed. */
  | { do: 'look' }
  | { do: 'seeds meet'; seed: number; other: number }
  /** A reader copies from a seed from now on. */
  | { do: 'read'; reader: number; seed: number }
  | { do: 'leave'; reader: number }
  /** A machine hands what it has to a reader, confirmed or not, and hears what the reader has. */
  | { do: 'share'; by: number; reader: number }
  /** The store is put back to what it was some publishes ago; the head file stays. */
  | { do: 'stale'; by: number; ago: number }
  /** All of the machine's data is put back, unseen by any guard, as by a snapshot of a virtual machine. */
  | { do: 'rewind'; by: number; ago: number }
  /** The data directory is lost, and the secret restored from a backup. */
  | { do: 'restore'; by: number }
  /** The head file is lost. */
  | { do: 'lose head'; by: number }
  /** A machine's data directory is copied over another's. */
  | { do: 'copy'; from: number; by: number }

export interface Schedule {
  /** How many seeds are pinned, and how many must confirm. */
  seeds: number
  confirm: number
  /** The secret was exported and restored on two more machines; else one machine is alone. */
  isShared: boolean
  actions: Action[]
}

const machine = fc.nat({ max: 2 })
const reader = fc.nat({ max: 1 })
const seed = fc.nat({ max: 2 })
const files = fc.nat({ max: 3 })
const ago = fc.nat({ max: 2 })
const at = fc.nat({ max: 999 })

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      by: machine,
      files,
      accepts: fc.boolean()
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('begin' as const),
      by: machine,
      files,
      accepts: fc.boolean(),
      until: fc.constantFrom(...STEPS)
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('go' as const),
      by: machine,
      how: fc.constantFrom('end' as const, 'end' as const, 'crash' as const, 'power cut' as const)
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('killed' as const),
      by: machine,
      files,
      accepts: fc.boolean(),
      at,
      isPowerCut: fc.boolean()
    })
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('job' as const), files, at: fc.oneof(at, fc.constant(null)) })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('refused' as const),
      by: machine,
      why: fc.constantFrom(...REFUSALS)
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('race' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spread' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), by: machine }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('seed' as const),
      seed,
      is: fc.constantFrom('away' as const, 'honest' as const, ...MANNERS)
    })
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('seed dies' as const), seed, after: fc.nat({ max: 300 }) })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('holes' as const),
      seed,
      in: fc.constantFrom('index' as const, 'blobs' as const, 'both' as const),
      mask: fc.integer({ min: 1, max: 255 })
    })
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('look' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seeds meet' as const), seed, other: seed }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const), reader, seed }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), reader }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('share' as const), by: machine, reader }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stale' as const), by: machine, ago }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rewind' as const), by: machine, ago }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restore' as const), by: machine }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose head' as const), by: machine }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('copy' as const), from: machine, by: machine }) }
)

/** Any schedule. Three seeds cost three times one, so fewer are pinned more often. */
export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    seeds: fc.constantFrom(1, 1, 2, 3),
    confirm: fc.integer({ min: 1, max: 3 }),
    isShared: fc.constantFrom(true, true, true, true, false),
    actions: fc.array(action, { minLength: 2, maxLength: 7, size: 'max' })
  })
  .map((schedule) => ({ ...schedule, confirm: Math.min(schedule.confirm, schedule.seeds) }))

/** One line for each action, as a person would tell it; and the schedule as it can be handed to `run`. */
export function describeSchedule({ actions, ...setting }: Schedule): string {
  return [JSON.stringify(setting), ...actions.map((each) => JSON.stringify(each))].join('\n  ')
}

const setting = { confirm: 1, isShared: true }

/** The seed has the index of one release and, where its blobs were, those of another, whose index it never got. */
const overwritten: Action[] = [
  { do: 'publish', by: 2, files: 0, accepts: false },
  { do: 'begin', by: 1, files: 3, accepts: true, until: 'asked' },
  { do: 'publish', by: 2, files: 3, accepts: true },
  { do: 'seed', seed: 0, is: 'shorter' },
  { do: 'publish', by: 1, files: 0, accepts: false }
]

/** Short schedules that found a fault once, or that show what a guard is for. */
export const NAMED: {
  name: string
  schedule: Schedule
  /** How many releases are lost in the end. @default any number that is excused */
  lost?: number
}[] = [
  {
    name: 'an ask that was cut short leaves a store that can publish later',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'seed', seed: 0, is: 'hollow' },
        { do: 'publish', by: 2, files: 3, accepts: true }
      ]
    }
  },
  {
    name: 'a release is named to its author also when the store has met its successor before the next publish',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'seed', seed: 0, is: 'away' },
        { do: 'publish', by: 0, files: 1, accepts: true },
        { do: 'seed', seed: 0, is: 'honest' },
        { do: 'publish', by: 1, files: 2, accepts: true },
        { do: 'read', reader: 0, seed: 0 },
        { do: 'share', by: 0, reader: 0 }
      ]
    }
  },
  {
    name: 'a release is named to its author also when the publish that heard of its successor did not end',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'begin', by: 0, files: 1, accepts: false, until: 'asked' },
        { do: 'begin', by: 1, files: 2, accepts: false, until: 'asked' },
        { do: 'go', by: 0, how: 'end' },
        { do: 'go', by: 1, how: 'end' },
        { do: 'begin', by: 0, files: 3, accepts: false, until: 'asked' },
        { do: 'go', by: 0, how: 'crash' }
      ]
    }
  },
  {
    name: 'blobs that took the place of those of a release, and whose own index never came, are seen for what they are',
    schedule: { ...setting, seeds: 1, actions: overwritten }
  },
  {
    name: 'a machine without data goes on from an earlier release of which it has no block',
    schedule: { ...setting, seeds: 1, actions: [...overwritten, { do: 'restore', by: 0 }] }
  },
  {
    name: 'blobs of a publish that ended before its index do not take the place of those of a release',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'begin', by: 0, files: 1, accepts: false, until: 'asked' },
        { do: 'begin', by: 1, files: 3, accepts: false, until: 'stored' },
        { do: 'begin', by: 2, files: 0, accepts: false, until: 'opened' },
        { do: 'go', by: 1, how: 'crash' },
        { do: 'go', by: 0, how: 'end' },
        { do: 'go', by: 2, how: 'end' }
      ]
    }
  },
  {
    name: 'blobs of another machine that ended before its index never show in a release',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'begin', by: 2, files: 2, accepts: true, until: 'opened' },
        { do: 'seed', seed: 0, is: 'other fork' },
        { do: 'publish', by: 0, files: 3, accepts: true },
        { do: 'go', by: 2, how: 'end' }
      ]
    }
  },
  {
    name: 'a release that one seed confirmed is not hidden by another that was away then',
    schedule: {
      confirm: 1,
      isShared: true,
      seeds: 2,
      actions: [
        { do: 'seed', seed: 1, is: 'away' },
        { do: 'publish', by: 0, files: 1, accepts: true },
        { do: 'seed', seed: 0, is: 'away' },
        { do: 'seed', seed: 1, is: 'honest' },
        { do: 'publish', by: 1, files: 2, accepts: false }
      ]
    }
  },
  {
    name: 'of two that have moved to a fork of their own and not stored anything yet, one stops',
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'read', reader: 0, seed: 0 },
        { do: 'begin', by: 0, files: 1, accepts: false, until: 'bumped' },
        { do: 'begin', by: 1, files: 2, accepts: false, until: 'bumped' },
        { do: 'spread' },
        { do: 'go', by: 0, how: 'end' },
        { do: 'go', by: 1, how: 'end' },
        { do: 'spread' }
      ]
    }
  },
  {
    name: 'a build server goes not back behind confirmed releases where the seed has lost a block of an old index',
    lost: 0,
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'publish', by: 0, files: 1, accepts: false },
        { do: 'publish', by: 0, files: 1, accepts: false },
        { do: 'holes', seed: 0, in: 'index', mask: 64 }, // block 6 is of the second release
        { do: 'job', files: 1, at: null }
      ]
    }
  },
  {
    name: 'a publish that is refused has signed nothing, also where the index at the seed has a hole',
    lost: 0,
    schedule: {
      ...setting,
      seeds: 1,
      actions: [
        { do: 'publish', by: 0, files: 1, accepts: false },
        { do: 'holes', seed: 0, in: 'index', mask: 64 },
        { do: 'refused', by: 1, why: 'shrink' },
        { do: 'refused', by: 1, why: 'secret' },
        { do: 'publish', by: 0, files: 1, accepts: false },
        { do: 'publish', by: 1, files: 1, accepts: false }
      ]
    }
  },
  {
    name: 'a copy that goes on by accepted loss keeps what it published, and the machine that it was made of is told',
    schedule: {
      ...setting,
      isShared: false,
      seeds: 1,
      actions: [
        { do: 'seed', seed: 0, is: 'away' },
        { do: 'copy', from: 0, by: 2 },
        { do: 'publish', by: 2, files: 0, accepts: true }
      ]
    },
    lost: 1 // what the other one had published meanwhile, without asking anybody
  }
]
