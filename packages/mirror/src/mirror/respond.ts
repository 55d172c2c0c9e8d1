import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { claimedHash, type BlobPointer, type DriveEntry } from '@sitedrive/core/drive'
import { isPlausible } from '../plausible-pointer.js'
import type { HeldState } from '../copy/held-state.js'
import { within } from '../deadline.js'
import { acceptedEncodings, type Encoding } from './accepted-encoding.js'
import { readRange, type ByteRange } from './byte-range.js'
import { isSmall } from './bodies.js'
import { compress, compressor } from './compress.js'
import { decodesTo } from './decodes-to.js'
import { entityTag, blobName, matchesStrongly, matchesTag, provenName } from './entity-tag.js'
import { hostName } from './host.js'
import { Head, writeHead } from './response-head.js'
import { sendReady, sendText } from './own-page.js'
import { makePlan, type HostPlans, type Plan } from './plan.js'
import { DAMAGED, MALFORMED, UNREADABLE } from './reader-pages.js'
import { DamagedBlob, readBlob, UnreadableBlob } from './read-blob.js'
import { represent, type FilePlan, type Representation } from './representation.js'
import { withQuery } from './redirect-rules.js'
import { readRequestPath } from './request-path.js'
import { missingPagePath, visibleFiles } from './resolve-path.js'
import { isFingerprinted } from './hashed-name.js'
import { sendBlob, type Checking } from './send-blob.js'
import type { ServingMemory } from './serving-memory.js'
import { readSiteRules } from './read-site-rules.js'

export interface Responding {
  /** The site's key, normalised. */
  key: string
  state: HeldState
  /** The request named the release by its number. */
  isNumbered: boolean
  spaFallback: boolean
  /** It is a preview: browsers must revalidate all files, also those with a fingerprint in their name. */
  isLive?: boolean
  /** How long a response waits for the index of the drive, and then for each block. Milliseconds. */
  stallMs: number
  memory: ServingMemory
}

/** Plans of longer paths are not cached, so that nobody can fill the memory with them. */
const MAX_REMEMBERED_PATH = 1_024

/** Of larger files the compressed file of the site is not used. Bytes. */
const MAX_DECODED_BYTES = 8 * 1024 * 1024

/** Larger files are sent as they are: a download of which the end is known can be resumed. Bytes. */
const MAX_STREAMED_BYTES = 64 * 1024 * 1024

const SUFFIX: Record<Encoding, string> = { br: '.br', gzip: '.gz', zstd: '.zst' }

/**
 * Plans the answer to a request target at a host name that no rule of `_redirects` names.
 *
 * @returns null when the target is malformed
 * @throws {UnreadableBlob} when the drive's rules cannot be read; and errors of the drive
 */
export async function planOf(target: string, site: Responding): Promise<Plan | null> {
  const plans = await plansOf(target, site)
  return plans?.kind === 'hosts' ? plans.other : plans
}

async function plansOf(target: string, site: Responding): Promise<Plan | HostPlans | null> {
  const { memory, stallMs } = site
  const encodedPath = pathOf(target)
  const planName = memory.nameOf(site) + encodedPath
  const known = memory.planAt(planName)
  if (known) return known
  const path = readRequestPath(encodedPath)
  if (path === null) return null
  const plan = await within(stallMs, makePlanOf(site, path))
  if (planName.length <= MAX_REMEMBERED_PATH) memory.rememberPlan(planName, plan)
  return plan
}

/** Answers a GET or HEAD from one state of a site. Returns no promise when everything it needs is in memory. */
export function respond(req: IncomingMessage, res: ServerResponse, site: Responding): void | Promise<void> {
  const target = req.url ?? ''
  const path = pathOf(target)
  const plan = site.memory.planAt(site.memory.nameOf(site) + path) ?? planOfMissing(site, path)
  return plan ? send(req, res, site, plan) : planAndSend(req, res, site, target)
}

async function planAndSend(
  req: IncomingMessage,
  res: ServerResponse,
  site: Responding,
  target: string
): Promise<void> {
  let plan: Plan | HostPlans | null
  try {
    plan = await plansOf(target, site)
  } catch (error) {
    return sendFailure(res, error)
  }
  return plan ? send(req, res, site, plan) : sendReady(res, MALFORMED)
}

/** Paths with a meaning of their own, or in characters with two forms. */
const PARTICULAR = /^\/\.well-known\/|\/\/|[^\0-\x7f]/

/** The plan of a path at which nothing is, when memory has all that this takes: robots ask for thousands of such paths. */
function planOfMissing(site: Responding, encodedPath: string): Plan | HostPlans | undefined {
  const { key, state, memory, spaFallback, isLive } = site
  if (spaFallback || isLive || !memory.isWithoutRedirects(state)) return undefined
  const path = readRequestPath(encodedPath)
  if (path === null || PARTICULAR.test(path)) return undefined
  const mayExist = memory.paths.mayExistIn(key, state)
  const page = mayExist && missingPagePath(path, mayExist)
  if (page === null || (state.earlier && isFingerprinted(path))) return undefined
  return memory.planAt(sharedName(site, page === 'none' ? '404' : `404 ${page}`))
}

/** No request target contains a space. */
function sharedName(site: Responding, name: string): string {
  return `${site.memory.nameOf(site)}${name} `
}

function pathOf(target: string): string {
  const at = target.indexOf('?')
  return at === -1 ? target : target.slice(0, at)
}

/** Answers 502 for invalid data; other errors are rethrown. */
function sendFailure(res: ServerResponse, error: unknown): void {
  if (!(error instanceof UnreadableBlob)) throw error
  sendReady(res, error instanceof DamagedBlob ? DAMAGED : UNREADABLE)
}

async function makePlanOf(site: Responding, path: string): Promise<Plan | HostPlans> {
  const { memory, state } = site
  const files = await memory.ruleFilesOf(state)
  const rules = await readSiteRules(site, files, memory.rules)
  return makePlan(path, {
    ...site,
    rules,
    entryOf: entriesOf(site),
    shared: (name, make) => memory.sharedPlan(sharedName(site, name), make)
  })
}

/** A preview changes with each edit, and is asked for one page: its paths are not worth a walk. */
function entriesOf({ key, state, memory, isLive }: Responding): (path: string) => Promise<DriveEntry | null> {
  return isLive ? (path) => state.drive.entry(path) : memory.paths.entriesOf(key, state)
}

function send(
  req: IncomingMessage,
  res: ServerResponse,
  site: Responding,
  plans: Plan | HostPlans
): void | Promise<void> {
  const plan = plans.kind === 'hosts' ? (plans.byHost.get(hostName(req.headers.host)) ?? plans.other) : plans
  if (plan.kind === 'ready') return sendReady(res, plan.answer)
  if (plan.kind === 'redirect') {
    const query = /\?.*$/s.exec(req.url ?? '')?.[0] ?? ''
    writeHead(res, plan.status, [...plan.headers, 'location', withQuery(plan.location, query)])
    res.end()
    return
  }
  if (plan.status === 200 && isPreconditionFailed(req, plan)) {
    return sendText(res, 412, 'This file is not the one that was asked for.')
  }
  const range = plan.status === 200 && req.method === 'GET' ? askedRange(req, plan) : null
  if (range) return sendRange(res, site, plan, range)
  const encodings = plan.isCompressible ? acceptedEncodings(req.headers['accept-encoding']) : []
  if (encodings.length === 0) return sendRepresentation(req, res, site, plan, plan.identity)
  const encoded = plan.encoded.get(encodings)
  if (encoded) return sendRepresentation(req, res, site, plan, encoded)
  return encode(site, plan, encodings).then(
    (made) => sendRepresentation(req, res, site, plan, made),
    (error: unknown) => sendFailure(res, error)
  )
}

function sendRepresentation(
  req: IncomingMessage,
  res: ServerResponse,
  site: Responding,
  plan: FilePlan,
  wanted: Representation
): void | Promise<void> {
  const chosen = wanted.isStreamed && site.memory.isStreaming ? plan.identity : wanted
  const { tag } = chosen
  if (tag !== null && isUnchanged(req, tag, plan)) {
    return chosen.unchangedHead.end(res)
  }
  if (req.method === 'HEAD') return chosen.head.end(res)
  return sendBytes(res, site, plan, chosen, { head: chosen.head, range: null })
}

/** RFC 9110, 13.2.2: the client wants this file only when it is still the one that it knows. */
function isPreconditionFailed({ headers }: IncomingMessage, plan: FilePlan): boolean {
  const match = headers['if-match']
  if (match !== undefined) {
    const forms = [plan.identity, ...plan.encoded.values()]
    return !forms.some(({ tag }) => tag !== null && matchesStrongly(match, tag))
  }
  const since = headers['if-unmodified-since']
  return (
    since !== undefined && plan.lastModified !== null && Date.parse(plan.lastModified) > Date.parse(since)
  )
}

/** A date is looked at only where no tag is given, and must be the very one: a changed file may have an older date. */
function isUnchanged({ headers }: IncomingMessage, tag: string, { lastModified }: FilePlan): boolean {
  const match = headers['if-none-match']
  if (match !== undefined) return matchesTag(match, tag)
  return lastModified !== null && headers['if-modified-since'] === lastModified
}

/** The range that a request asks for; null when If-Range does not match, and the whole file must be sent. */
function askedRange(req: IncomingMessage, plan: FilePlan): ReturnType<typeof readRange> {
  const { identity, lastModified } = plan
  const { range } = req.headers
  if (range === undefined) return null
  const condition = req.headers['if-range']
  if (condition !== undefined && condition !== identity.tag && condition !== lastModified) return null
  // The client has these bytes already: the answer is 304.
  if (identity.tag !== null && isUnchanged(req, identity.tag, plan)) return null
  return readRange(range, identity.byteLength)
}

function sendRange(
  res: ServerResponse,
  site: Responding,
  plan: FilePlan,
  range: ByteRange | 'unsatisfiable'
): void | Promise<void> {
  const { unchangedHead, byteLength } = plan.identity
  if (range === 'unsatisfiable') {
    return sendText(res, 416, `This file has ${byteLength} bytes.`, {
      'content-range': `bytes */${byteLength}`,
      ...(!site.isLive && { 'access-control-allow-origin': '*' })
    })
  }
  const { start, end } = range
  const named = {
    'content-type': plan.type,
    'accept-ranges': 'bytes',
    'content-range': `bytes ${start}-${end}/${byteLength}`,
    'content-length': String(end - start + 1)
  }
  const head = new Head(206, unchangedHead.fields.concat(...Object.entries(named)))
  return sendBytes(res, site, plan, plan.identity, { head, range })
}

function sendBytes(
  res: ServerResponse,
  site: Responding,
  plan: FilePlan,
  chosen: Representation,
  { head, range }: { head: Head; range: ByteRange | null }
): void | Promise<void> {
  const part = (body: Buffer) => (range ? body.subarray(range.start, range.end + 1) : body)
  if (chosen.isStreamed)
    return site.memory.whileStreaming(() => stream(res, site, plan, chosen, { head, range }))
  const body = site.memory.bodies.get(chosen.bodyName)
  if (body) return sendReady(res, { head, body: part(body) })
  if (site.memory.bodies.hasRoomFor(chosen.byteLength)) {
    return bodyOf(site, plan, chosen).then(
      (loaded) => sendReady(res, { head, body: part(loaded) }),
      (error: unknown) => sendFailure(res, error)
    )
  }
  return stream(res, site, plan, chosen, { head, range })
}

async function stream(
  res: ServerResponse,
  { state, stallMs, memory }: Responding,
  plan: FilePlan,
  { blob, bodyName, byteLength, claim, encoding, isStreamed }: Representation,
  { head, range }: { head: Head; range: ByteRange | null }
): Promise<void> {
  // When the files of the state were checked, damaged ones have no file plan.
  const isChecked = state.damaged !== undefined && !plan.isUnchecked
  const isProved = claim === null || isChecked || memory.proofs.get(bodyName)
  if (isProved === false) return sendReady(res, DAMAGED)
  if (!blob) throw new Error('what was compressed is too large to be streamed')
  const length = range ? range.end - range.start + 1 : byteLength
  const open = () => state.drive.stream(blob, range ? { start: range.start, length } : {})
  const writeHead = () => void head.write(res)
  const isWhole = length === byteLength
  const check = isProved || claim === null || !isWhole ? undefined : checking(claim, found)
  const through = isStreamed && encoding ? compressor(encoding) : undefined
  const sent = await sendBlob(res, open, { byteLength: length, stallMs, writeHead, check, through })
  if (sent === 'unsent') sendReady(res, memory.proofs.get(bodyName) === false ? DAMAGED : UNREADABLE)

  function found(isRight: boolean): void {
    memory.proofs.set(bodyName, isRight, 1)
    if (!isRight) state.onDamaged?.(pathOfForm(plan, isStreamed ? null : encoding))
  }
}

function checking(claim: string, found: (isRight: boolean) => void): Checking {
  const digest = createHash('sha256')
  return {
    update: (chunk) => void digest.update(chunk),
    isRight: () => {
      const isRight = digest.digest('base64url') === claim
      found(isRight)
      return isRight
    }
  }
}

/** The bytes of a small representation, compared with what the author signed. @throws {UnreadableBlob} */
function bodyOf(site: Responding, plan: FilePlan, chosen: Representation): Promise<Buffer> {
  const { memory, state, stallMs } = site
  const { blob, claim, encoding, bodyName, byteLength } = chosen
  return memory.bodies.load(bodyName, byteLength, async () => {
    if (blob) return readBlob(state, { path: pathOfForm(plan, encoding), blob, claim }, stallMs)
    if (!encoding) throw new Error('a file as it is has its bytes in the drive')
    return compressed(site, plan, encoding)
  })
}

/**
 * The form of a file for clients that accept these codings: a compressed file of the site (`app.js.br` beside `app.js`),
 * else the file compressed by this server, else the file uncompressed. A large one is compressed while it is sent, and not kept: on
 * a disk it would need a limit and a clean-up beside the quotas of the sites, and a cache before this server keeps it by its tag.
 *
 * @throws {UnreadableBlob}
 */
async function encode(
  site: Responding,
  plan: FilePlan,
  encodings: readonly Encoding[]
): Promise<Representation> {
  const { memory, stallMs } = site
  const stored = await within(stallMs, storedForm(site, plan, encodings))
  if (stored) return keep(stored)
  const [encoding] = encodings
  if (encoding && !isSmall(plan.identity.byteLength)) {
    const made = streamed(site, plan, encoding)
    // A busy server has not looked at the compressed file of the site.
    return memory.isBusy ? made : keep(made)
  }
  if (!encoding || !memory.bodies.hasRoomFor(plan.identity.byteLength)) return plan.identity
  const bodyName = `${plan.identity.bodyName} ${encoding}`
  // Not cached: when the server is less busy, the file is compressed.
  if (memory.isBusy && !memory.bodies.has(bodyName)) return plan.identity
  const body = await memory.bodies.load(bodyName, plan.identity.byteLength, () =>
    compressed(site, plan, encoding)
  )
  if (body.length >= plan.identity.byteLength) return keep(plan.identity)
  const tag = tagOf(site, plan, plan.identity.blob, encoding)
  return keep(represent(plan, { bodyName, byteLength: body.length, blob: null, claim: null, encoding, tag }))

  function keep(made: Representation): Representation {
    plan.encoded.set(encodings, made)
    return made
  }
}

function streamed(site: Responding, plan: FilePlan, encoding: Encoding): Representation {
  const { identity } = plan
  if (identity.byteLength > MAX_STREAMED_BYTES) return identity
  const tag = tagOf(site, plan, identity.blob, encoding)
  return represent(plan, { ...identity, encoding, tag, isStreamed: true })
}

/** The path of the file that has the bytes of a form. */
function pathOfForm(plan: FilePlan, encoding: Encoding | null): string {
  return encoding ? plan.path + SUFFIX[encoding] : plan.path
}

/** The compressed form that the site itself contains, or null. */
async function storedForm(
  site: Responding,
  plan: FilePlan,
  encodings: readonly Encoding[]
): Promise<Representation | null> {
  const { key, state } = site
  const lookUp = visibleFiles(entriesOf(site))
  for (const encoding of encodings) {
    const entry = await lookUp(plan.path + SUFFIX[encoding])
    if (!entry || !isPlausible(entry.blob, state.blobsLength) || state.damaged?.has(entry.path)) continue
    const { blob } = entry
    const { byteLength } = blob
    if (byteLength === 0 || byteLength >= plan.identity.byteLength) continue
    const claim = claimedHash(entry)
    const bodyName = provenName(blobName(key, state, blob), claim)
    const tag = tagOf(site, plan, blob, encoding)
    const form = represent(plan, { bodyName, byteLength, blob, claim, encoding, tag })
    if (await isRight(site, plan, form)) return form
  }
  return null
}

/**
 * Whether a compressed file of the site decodes to the bytes of the file beside it. Build tools leave old ones behind, and a
 * damaged one may come with a state that was not checked. Found out once for the same bytes.
 */
async function isRight(site: Responding, plan: FilePlan, form: Representation): Promise<boolean> {
  const { state, stallMs, memory } = site
  const { identity } = plan
  const name = `${form.bodyName} of ${identity.bodyName}`
  const known = memory.proofs.get(name)
  if (known !== undefined) return known
  if (identity.byteLength > MAX_DECODED_BYTES || memory.isBusy || !form.blob || !identity.blob) return false
  const signed = { path: pathOfForm(plan, form.encoding), blob: form.blob, claim: form.claim }
  const whole = { path: plan.path, blob: identity.blob, claim: identity.claim }
  const isSame = await memory.whileCompressing(() =>
    decodesTo(state, { form: signed, encoding: form.encoding, whole }, stallMs)
  )
  memory.proofs.set(name, isSame, 1)
  return isSame
}

function tagOf(
  { key, state }: Responding,
  plan: FilePlan,
  blob: BlobPointer | null,
  encoding: Encoding
): string | null {
  return blob && plan.identity.tag !== null ? entityTag(key, state, blob, encoding) : null
}

async function compressed(site: Responding, plan: FilePlan, encoding: Encoding): Promise<Buffer> {
  const plain = await bodyOf(site, plan, plan.identity)
  return site.memory.whileCompressing(() => compress(plain, encoding))
}
