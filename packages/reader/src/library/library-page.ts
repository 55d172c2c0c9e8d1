import type { RequestListener } from 'node:http'
import { SitedriveError } from '@sitedrive/core'
import { messageOf } from '@sitedrive/core/start'
import {
  bodyOf,
  Guard,
  hostName,
  inWords,
  pageFiles,
  privateListener,
  sendError,
  sendJson,
  sendReady,
  type Route
} from '@sitedrive/mirror/parts'
import { LIBRARY_HOST, type Reader } from '../reader.js'
import { LibrarySession } from './library-session.js'

export interface LibraryPageOptions {
  reader: Reader
  env: NodeJS.ProcessEnv
  /** Where new websites are made when no other folder is given; absolute. */
  newSitesIn: string
}

const files = pageFiles([
  new URL('./page/', import.meta.url),
  // In tests this file runs from the sources, and the bundle is in dist.
  new URL('../../dist/library/page/', import.meta.url)
])

/** The page of the library, at an origin of its own beside those of the sites. */
export class LibraryPage {
  /** The address with the token: whoever has it may use the library. */
  readonly url: string
  readonly token: string
  /** Answers at the host names where no site is. */
  readonly listener: RequestListener
  private readonly session: LibrarySession

  constructor(options: LibraryPageOptions) {
    const { port } = options.reader
    // Not at 127.0.0.1: a site is at a name below localhost, so whoever reads one has a browser that knows such names.
    const guard = new Guard({ hosts: [LIBRARY_HOST], page: 'the library', printedBy: '`sitedrive library`' })
    this.url = guard.urlAt(port)
    this.token = guard.token
    this.session = new LibrarySession(options)
    const page = privateListener({ guard, files, routes: routesOf(this.session), describeError })
    this.listener = (req, res) => {
      if (hostName(req.headers.host) === LIBRARY_HOST) return page(req, res)
      sendReady(res, NOTHING)
    }
  }

  close(): void {
    this.session.close()
  }
}

function routesOf(session: LibrarySession): Record<string, Route> {
  return {
    'GET /api/library': async (_req, res) => sendJson(res, 200, await session.answer()),
    'GET /api/news': (_req, res) => sendJson(res, 200, session.news()),
    'GET /api/events': (_req, res) => session.openEvents(res),
    'POST /api/open': async (req, res) => sendJson(res, 200, await session.open(await bodyOf(req))),
    'POST /api/resume': async (req, res) => {
      await bodyOf(req)
      sendJson(res, 200, await session.resume())
    },
    'POST /api/interest': async (req, res) => {
      const isKnown = await session.setInterest(await bodyOf(req))
      if (isKnown) sendJson(res, 200, {})
      else sendError(res, 404, 'NO_SUCH_SITE', NO_SUCH_SITE)
    },
    'POST /api/forget': async (req, res) => {
      const isKnown = await session.forget(await bodyOf(req))
      if (isKnown) sendJson(res, 200, {})
      else sendError(res, 404, 'NO_SUCH_SITE', NO_SUCH_SITE)
    },
    'POST /api/new-site': async (req, res) => sendJson(res, 201, await session.makeSite(await bodyOf(req)))
  }
}

const NO_SUCH_SITE = 'The library has no such site any more.'

function describeError(error: unknown): { status: number; code: string; message: string } {
  const isOurs = error instanceof SitedriveError
  return { status: isOurs ? 400 : 500, code: isOurs ? error.code : 'FAILED', message: messageOf(error) }
}

const NOTHING = inWords({
  status: 404,
  title: 'There is no site here',
  text:
    'Each site has an address of its own: it was printed where the site was opened. ' +
    'The library lists them all: `npx sitedrive library` prints its address.'
})
