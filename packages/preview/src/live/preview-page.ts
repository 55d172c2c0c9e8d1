import { Readable } from 'node:stream'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type FilePlan,
  type HeldState,
  sendBlob,
  sendReady,
  UNREADABLE,
  within
} from '@sitedrive/mirror/parts'
import { allowLive, allowLiveInMeta } from './content-security.js'
import { insertionPoint, insertTag, START_BYTES } from './inject.js'

/** How much of a page is searched when its first bytes have no place for the tag. Bytes. */
const MOST_START_BYTES = 1 << 20

/** The contents of the script tag in a page. */
export interface Tag {
  /** The id of the update that the page belongs to. */
  update: string
  /** The page's path in the drive. */
  path: string
  /** For policies that allow scripts by nonce only. */
  nonce: string
  /** The origin of this server as the browser sees it. */
  origin: string
}

/** A page that is ready to be sent. */
export interface PreparedPage {
  status: number
  headers: [string, string][]
  byteLength: number
  open: () => Readable
  stallMs: number
}

/** True for content types of pages. The script is inserted into pages only. */
export function isPage(type: string): boolean {
  return /^(text\/html|application\/xhtml\+xml)\b/i.test(type)
}

/**
 * Inserts the script that keeps a page up to date. The bytes in the drive stay the same.
 *
 * @param isBare leaves the tag out: scripts fetch such pages, also that of the preview itself
 */
export async function preparePage(
  plan: FilePlan,
  state: HeldState,
  { tag, stallMs, isBare = false }: { tag: Tag; stallMs: number; isBare?: boolean }
): Promise<PreparedPage> {
  const { blob, byteLength } = plan.identity
  if (!blob) throw new Error('a file as it is has its bytes in the drive')
  const isXml = plan.type.startsWith('application/xhtml')
  const read = (length: number) => readStart(state.drive.stream(blob, { start: 0, length }), length, stallMs)
  let startLength = Math.min(byteLength, START_BYTES)
  let plain = await read(startLength)
  if (startLength < byteLength && insertionPoint(plain, { isXml, isWhole: false }) < 0) {
    // A comment at the start may be longer than the first bytes.
    startLength = Math.min(byteLength, MOST_START_BYTES)
    plain = await read(startLength)
  }

  const { headers, needsNonce } = pageHeaders(plan, tag)
  const meta = allowLiveInMeta(plain, tag.origin, tag.nonce)
  const text = tagText(tag, needsNonce || meta.needsNonce, isXml)
  const start = isBare ? meta.html : insertTag(meta.html, text, isXml)
  const open = () =>
    Readable.from(
      (async function* () {
        yield start
        if (byteLength > startLength)
          yield* state.drive.stream(blob, { start: startLength, length: byteLength - startLength })
      })()
    )
  return { status: plan.status, headers, byteLength: start.length + byteLength - startLength, open, stallMs }
}

export async function sendPage(req: IncomingMessage, res: ServerResponse, page: PreparedPage): Promise<void> {
  const writeHead = () => {
    for (const [name, value] of page.headers) res.setHeader(name, value)
    res.setHeader('content-length', page.byteLength)
    res.writeHead(page.status)
  }
  if (req.method === 'HEAD') {
    writeHead()
    return void res.end()
  }
  const { byteLength, stallMs, open } = page
  if ((await sendBlob(res, open, { byteLength, stallMs, writeHead })) === 'unsent') sendReady(res, UNREADABLE)
}

function tagText({ update, path, nonce }: Tag, needsNonce: boolean, isXml: boolean): string {
  const attributes = [
    isXml ? 'async="async"' : 'async',
    'src="/.well-known/sitedrive/live.js"',
    ...(needsNonce ? [`nonce="${nonce}"`] : []),
    `data-update="${update}"`,
    `data-path="${escapeAttribute(path)}"`
  ]
  return `<script ${attributes.join(' ')}></script>`
}

function escapeAttribute(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}

function pageHeaders(plan: FilePlan, tag: Tag): { headers: [string, string][]; needsNonce: boolean } {
  const headers: [string, string][] = []
  let needsNonce = false
  for (let at = 0; at + 1 < plan.headers.length; at += 2) {
    const [name = '', value = ''] = plan.headers.slice(at, at + 2)
    if (name === 'cache-control' || name === 'vary') continue
    if (name === 'content-security-policy') {
      const allowed = allowLive(value, tag.origin, tag.nonce)
      needsNonce ||= allowed.needsNonce
      headers.push([name, allowed.policy])
    } else headers.push([name, value])
  }
  // The tag names an update. A cached page would name an old one.
  headers.push(['cache-control', 'no-store'], ['content-type', plan.type])
  return { headers, needsNonce }
}

async function readStart(stream: Readable, byteLength: number, stallMs: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  stream.on('error', () => {}) // the iterator throws it
  try {
    const blocks = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
    while (length < byteLength) {
      const { value, done } = await within(stallMs, blocks.next())
      if (done) throw new Error(`only ${length} bytes are there`)
      chunks.push(value)
      length += value.length
    }
  } finally {
    stream.destroy()
  }
  return Buffer.concat(chunks, length)
}
