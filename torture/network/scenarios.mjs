import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { digestOf } from '../support/site-folder.mjs'
import { until } from '../support/wait.mjs'

const MBIT = 10
/** Each way, so 200 ms for a packet and its answer. */
const DELAYED = { delayMs: 100 }
const LOSSY = { loss: 0.02 }
const NARROW = { mbit: MBIT }
const BAD = { ...DELAYED, ...LOSSY, ...NARROW }
const CUT_MS = 60_000
/** Shorter than a seed may be silent. */
const SHORT_CUT_MS = 10_000
/** For a plain reader, whose line is perfect. Milliseconds. */
const READ_MS = 30_000
/** For an edit to come over any line that is not cut. Milliseconds. */
const SHOWN_MS = 60_000
/** A publish that no seed can hear ends within this. Milliseconds. */
const GIVES_UP_MS = 60_000
const CUT = { isCut: true }

/** By name: what is done in a world, and told in the table. Throws when a promise is broken. */
export const SCENARIOS = {
  'a perfect line': (world) => publishOver(world, {}),
  'delay of 100 ms each way': (world) => publishOver(world, DELAYED),
  'loss of 2 %': (world) => publishOver(world, LOSSY),
  [`${MBIT} Mbit/s`]: (world) => publishOver(world, NARROW),
  '1 Mbit/s': (world) => publishOver(world, { mbit: 1 }),
  'delay, loss and 10 Mbit/s': (world) => publishOver(world, BAD),
  'a cut of 10 s in mid-publish': (world) => publishWithShortCut(world),
  'a cut of 60 s in mid-publish': (world) => publishWithCut(world, CUT),
  'UDP dropped for 60 s in mid-publish': (world) => publishWithCut(world, { dropsUdp: true }),
  'UDP dropped from the start': publishWithoutUdp,
  'a seed behind delay, loss and 10 Mbit/s, an update of one file': (world) => publishUpdate(world, BAD),
  'live preview over delay and loss': (world) => follow(world, { ...DELAYED, ...LOSSY }),
  'live preview, a cut of 60 s': followWithCut
}

async function publishOver(world, line) {
  await world.setLine(line)
  const publish = await publishWell(world)
  await mustBeRead(world)
  return describe(publish, { bytes: world.siteBytes, ...line })
}

async function publishUpdate(world, line) {
  await publishWell(world)
  await world.setLine(line)
  edit(world.author, 'page-1.html', 'One edit')
  const publish = await publishWell(world)
  await mustBeRead(world)
  return describe(publish)
}

async function publishWithShortCut(world) {
  await world.setLine(NARROW)
  const running = start(world, 'publish', 'out')
  await untilHalfWay(world, running)
  await world.setLine(CUT)
  await pause(SHORT_CUT_MS)
  await world.setLine(NARROW)
  const publish = await end(running)
  mustBeConfirmed(publish)
  await mustBeRead(world)
  return describe(publish)
}

async function publishWithCut(world, cut) {
  await world.setLine(NARROW)
  const running = start(world, 'publish', 'out')
  await untilHalfWay(world, running)
  const cutAt = performance.now()
  await world.setLine(cut)
  const publish = await end(running)
  mustNotClaim(publish)
  await mustNotBeRead(world)
  await pause(Math.max(0, CUT_MS - (performance.now() - cutAt)))
  return `${describe(publish)}; then ${await syncOver(world, NARROW)}`
}

async function publishWithoutUdp(world) {
  await world.setLine({ dropsUdp: true })
  const publish = await end(start(world, 'publish', 'out'))
  mustNotClaim(publish)
  if (publish.ms > GIVES_UP_MS) throw new Error(`a publish without UDP took ${publish.ms} ms`)
  await mustNotBeRead(world)
  const again = await end(start(world, 'publish', '--sync'))
  if (again.ended !== 1)
    throw new Error(`\`publish --sync\` without UDP ended with ${again.ended}: ${again.program.stderr}`)
  return `${describe(publish)}; --sync: ${describe(again)}; then ${await syncOver(world, {})}`
}

/** The line is back: the release that could not be handed out is. */
async function syncOver(world, line) {
  await world.setLine(line)
  const sync = await end(start(world, 'publish', '--sync'))
  mustBeConfirmed(sync)
  await mustBeRead(world)
  return `--sync: ${describe(sync)}`
}

async function follow(world, line) {
  const { url, close } = await startPreview(world)
  try {
    await world.setLine(line)
    const times = []
    for (let edits = 1; edits <= 3; edits++)
      times.push(await seconds(() => mustShowAnEdit(world, url, edits)))
    return `an edit is shown after ${times.join(', ')} s`
  } finally {
    await close()
  }
}

async function followWithCut(world) {
  const { url, close } = await startPreview(world)
  try {
    await world.setLine(CUT)
    edit(world.author, 'index.html', 'Edited in the cut')
    await pause(CUT_MS)
    await world.setLine({})
    const after = await seconds(async () => {
      if (!(await world.shows(world.follower, url, 'Edited in the cut', SHOWN_MS)))
        throw new Error(`what was edited during a cut is not shown ${SHOWN_MS / 1000} s after it`)
    })
    const next = await seconds(() => mustShowAnEdit(world, url, 1))
    return `what was edited meanwhile is shown ${after} s after it, the next edit in ${next} s`
  } finally {
    await close()
  }
}

/** The author's live preview, followed on another host. */
async function startPreview(world) {
  world.follower = world.machine('follower')
  const watch = await world.startLive(world.author, ['watch', 'out'])
  const preview = await world.startLive(world.follower, ['preview', '-'], watch.answer.link)
  const { url } = preview.answer
  const close = async () => {
    for (const { program } of [preview, watch]) {
      program.kill('SIGTERM')
      await program.ended
      mustPrintNoStack(program)
    }
  }
  if (!(await world.shows(world.follower, url, 'The first page', SHOWN_MS))) {
    await close()
    throw new Error(`the first state is not shown in ${SHOWN_MS / 1000} s: ${preview.program.stderr}`)
  }
  return { url, close }
}

async function mustShowAnEdit(world, url, number) {
  const text = `Edit ${number}`
  edit(world.author, 'index.html', text)
  if (!(await world.shows(world.follower, url, text, SHOWN_MS)))
    throw new Error(`edit ${number} is not shown in ${SHOWN_MS / 1000} s`)
}

function edit({ out }, file, text) {
  appendFileSync(path.join(out, file), `<p>${text}</p>`)
}

// ---- publishes

async function publishWell(world) {
  const publish = await end(start(world, 'publish', 'out'))
  mustBeConfirmed(publish)
  return publish
}

function start({ author }, ...words) {
  return { program: author.start(...words), began: performance.now() }
}

/** Waits until a program has ended. */
async function end({ program, began }) {
  const ended = await program.ended
  mustPrintNoStack(program)
  return { program, ended, ms: performance.now() - began }
}

/** Until half of the site is on its way. */
async function untilHalfWay(world, { program }) {
  const half = world.siteBytes / 2
  const isHalfWay = async () => {
    if (!program.isRunning) throw new Error(`it ended too soon: ${program.stderr}`)
    return (await world.bytesSent()) > half
  }
  await until('half of the site is on its way', isHalfWay, READ_MS)
}

function mustPrintNoStack({ stderr }) {
  if (/^\s+at .*:\d+:\d+/m.test(stderr)) throw new Error(`a bare stack was printed: ${stderr}`)
}

function mustBeConfirmed({ program, ended }) {
  const seeds = program.answer?.seeds ?? []
  if (ended !== 0 || seeds.length === 0 || !seeds.every(({ confirmed }) => confirmed))
    throw new Error(`it ended with ${ended} and is not confirmed: ${program.stdout}${program.stderr}`)
}

/** A publish that no seed could take says so. Under CI it fails; elsewhere the release is kept, with 0. */
function mustNotClaim({ program, ended }) {
  const confirmed = program.answer?.seeds?.some((seed) => seed.confirmed)
  if (ended !== 0 || confirmed || !/--sync/.test(program.stderr))
    throw new Error(`it ended with ${ended} and does not say what to do: ${program.stdout}${program.stderr}`)
}

/** A plain Hyperdrive has just what the folder has. */
async function mustBeRead(world) {
  const { hashes, error } = await world.read(READ_MS)
  if (!hashes) throw new Error(`a plain reader reads nothing: ${error}`)
  if (digestOf(hashes) !== digestOf(world.author.folder.hashes()))
    throw new Error('a plain reader reads other bytes than those that were published')
}

/** A plain Hyperdrive has nothing of a release that no seed holds. */
async function mustNotBeRead(world) {
  const { version } = await world.read(1_000)
  if (version > 1)
    throw new Error(`a plain reader gets version ${version} of a release that is not confirmed`)
}

async function seconds(action) {
  const began = performance.now()
  await action()
  return ((performance.now() - began) / 1_000).toFixed(1)
}

/**
 * How a publish ended, how long it took, and what its user saw last.
 *
 * @param {{ bytes: number, mbit: number }} [best] how many bytes had to go over which line
 */
function describe({ program, ended, ms }, best) {
  const { code } = program.answer?.error ?? {}
  const parts = [`ended with ${ended}${code ? ` (${code})` : ''} in ${(ms / 1_000).toFixed(1)} s`]
  if (best?.mbit)
    parts.push(`${(ms / ((best.bytes * 8) / (best.mbit * 1_000))).toFixed(1)} times bytes / bandwidth`)
  return `${parts.join(', ')}: "${lastWords(program.stderr)}"`
}

/** The last line that says what became of the release, without keys. */
function lastWords(stderr) {
  const lines = stderr.split('\n').filter((line) => /holds? release|Warning|Error/.test(line))
  return (lines.at(-1) ?? '').replaceAll(/`[a-z0-9]{52}`/g, '…')
}
